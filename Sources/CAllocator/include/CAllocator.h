#ifndef CALLOCATOR_H
#define CALLOCATOR_H

/// Lets the allocator keep freed memory, in `arenas` pools.
void callocator_keep_freed_memory(int arenas);

#endif
