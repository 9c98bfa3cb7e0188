/*
 * Memory that is always there. Running out of it ends the process with one line on stderr: the
 * spool and the ledger are durable, so dying is safe and half-built state is not.
 * Every result is freed with free(); all of these accept NULL where free() does.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
/* Grows an array of `count` elements of `size` bytes; overflow of the product ends the process too.
 */
void *xreallocarray(void *old, size_t count, size_t size);
/* NULL stays NULL. */
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t length);

#endif
