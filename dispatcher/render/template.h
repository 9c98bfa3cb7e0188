/* One template folder: template.yaml, a letter per language, the webhook's body if it has its own.
 */
#ifndef RENDER_TEMPLATE_H
#define RENDER_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "model/delivery.h"
#include "render/letter.h"
#include "render/variable.h"

struct layout;

struct template
{
    char *name; /* of the folder */
    char *directory;
    char *file; /* template.yaml, for messages */
    int version;
    char *source;   /* the language it was written in first, NULL if not said */
    char *kind;     /* of notice, "possibility"; NULL if not said */
    char *category; /* "breach_notice"; NULL if not said */
    bool draft;     /* still being written: looked at, never sent */
    char **legal;   /* rule sets its samples must pass, "kr-pipa-34-1" */
    size_t legal_count;
    char *layout; /* the frame of its mails, a name of _layouts; NULL if not said */
    int layout_line, layout_column;
    const struct layout *frame; /* that one; borrowed from the library, NULL if it is not there */
    bool channels[CHANNEL_KINDS];
    struct variable_set variables;
    char **links_allowed;
    size_t links_allowed_count;
    struct letter **letters; /* sorted by tag */
    const char **tags;       /* theirs, NULL-terminated, borrowed from the letters */
    size_t letter_count;
    struct program *webhook; /* NULL: the standard body */
    char *webhook_file;
    bool faulty; /* it compiles, but something is wrong with it */
    bool sound;  /* its names were checked and nothing was wrong */
};

struct lint_locales;

struct template_options {
    const char *directory;
    const char *name;
    const char *partials;
    const struct lint_locales *locales; /* for the words of a check; NULL: not looked at */
    struct problems *problems;
};

/* NULL if it cannot be used; what is wrong went to the problems. Where these are collected, a
 * template with mistakes is there as long as all of it compiles. Free with template_free(). */
struct template *template_load(const struct template_options *options);
void template_free(struct template *t);
/* Does its template.yaml say so? The rest of it is not looked at. */
bool template_is_draft(const char *directory);
/* NULL if there is no letter in this language. */
const struct letter *template_letter(const struct template *t, const char *tag);

/* Names of a directory that end in `suffix` and begin with neither . nor _, sorted; "" =
 * directories. The names and the list are freed with name_list_free(). An unreadable directory is
 * reported and has none. */
struct name_list {
    char **names;
    size_t count;
};
void name_list_read(const char *directory, const char *suffix, struct problems *problems,
                    struct name_list *out);
void name_list_free(struct name_list *l);

/* What template.yaml may hold, as JSON Schema, appended. */
void template_put_schema(struct buf *out);

#endif
