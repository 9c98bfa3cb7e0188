/*
 * The frames that letters are put into: every templates/_layouts/NAME.html. A template chooses one
 * by `layout: NAME`; one that does not is put into the frame of a mail.
 */
#ifndef RENDER_LAYOUT_H
#define RENDER_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/problems.h"

struct json_t;
struct program;

#define LAYOUT_DEFAULT "letter"

struct layout {
    char *name; /* "letter" */
    char *file;
    struct program *program; /* NULL: it could not be compiled */
    bool sound;              /* all its names are known */
    struct error fault;      /* where mistakes are kept apart: its first; code 0: none */
};

struct layout_list {
    struct layout *items;
    size_t count;
};

struct layout_options {
    const char *templates;          /* the directory above _layouts */
    struct json_t *const *contexts; /* of each locale: org, words */
    size_t context_count;
    bool org_known; /* there is a configuration: a missing org.x is an error */
    bool apart;     /* mistakes of a layout stay with it, and are no problems */
    struct problems *problems;
};

/* Reads and compiles all of them; what is wrong goes to the problems. The default is in the list
 * even if there is no file of it. Free with layout_list_free(). */
void layout_list_load(const struct layout_options *options, struct layout_list *out);
void layout_list_free(struct layout_list *l);
/* NULL if there is none. */
const struct layout *layout_find(const struct layout_list *l, const char *name);
/* "did you mean": the closest name or NULL. */
const char *layout_closest(const struct layout_list *l, const char *name);

#endif
