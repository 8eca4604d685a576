#ifndef C_MALLOC_COUNT_H
#define C_MALLOC_COUNT_H

/// How many blocks of memory this thread has asked for since it began, by whatever function and in whatever library.
unsigned long malloc_count(void);

#endif
