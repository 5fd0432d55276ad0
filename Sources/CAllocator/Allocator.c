#include "CAllocator.h"

#include <malloc.h>

void callocator_keep_freed_memory(int arenas) {
    // The largest block that is kept, and how much may lie unused before some is given back.
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    mallopt(M_ARENA_MAX, arenas);
}
