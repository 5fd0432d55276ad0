#ifndef CFILES_H
#define CFILES_H

/// Opens a file that has no name yet, in `folder`, for reading and writing. Such a file disappears with
/// its last descriptor, however the process ends. Returns -1 with errno where the file system has none.
int cfiles_open_unnamed(const char *folder);

/// Gives the file behind `descriptor` the name `path`, which must be free. Returns 0, or -1 with errno.
int cfiles_name(int descriptor, const char *path);

/// Removes the file at `path` if SIGHUP, SIGINT or SIGTERM ends the process. Returns what
/// `cfiles_forget` takes, or -1 if too many files are remembered.
int cfiles_remember(const char *path);

/// Lets SIGHUP, SIGINT and SIGTERM write an error line before they end the process.
void cfiles_tell_of_signals(void);

/// Ends what `cfiles_remember` began.
void cfiles_forget(int slot);

/// Makes a write beyond the size limit of the process an error (EFBIG) instead of the signal SIGXFSZ.
/// Later calls do nothing.
void cfiles_refuse_oversize(void);

#endif
