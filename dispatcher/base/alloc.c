#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"

static NORETURN void out_of_memory(void)
{
    fputs("dispatcher: out of memory; ending this process (the spool keeps everything)\n", stderr);
    abort();
}

void *xmalloc(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);
    if (memory == NULL)
        out_of_memory();
    return memory;
}

void *xcalloc(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);
    if (memory == NULL)
        out_of_memory();
    return memory;
}

void *xreallocarray(void *old, size_t count, size_t size)
{
    void *memory = reallocarray(old, count > 0 ? count : 1, size > 0 ? size : 1);
    if (memory == NULL)
        out_of_memory();
    return memory;
}

char *xstrdup(const char *text)
{
    return text == NULL ? NULL : xstrndup(text, strlen(text));
}

char *xstrndup(const char *text, size_t length)
{
    char *copy = xmalloc(length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}
