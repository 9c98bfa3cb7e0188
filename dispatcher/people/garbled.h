/* A name that somebody's program has read in another charset than it was written in. */
#ifndef PEOPLE_GARBLED_H
#define PEOPLE_GARBLED_H

#include <stdbool.h>
#include <stddef.h>

/* "JÃ¼rgen", "±è¹ÎÁØ", "???", U+FFFD: no name is written so. `text` is UTF-8. */
bool garbled_is(const char *text, size_t len);

#endif
