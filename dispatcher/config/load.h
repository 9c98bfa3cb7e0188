/*
 * What is going on while a configuration is read: the problems found so far, the settings read so
 * far. Reading goes on behind a problem, so that a person sees all of them at once.
 */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/yaml.h"
#include "config/config.h"

struct param;

/* Where a value comes from. Line 0: not a file but "default", "DISPATCHER_SPOOL", "command line".
 */
struct place {
    const char *source;
    int line, column;
};

struct place place_of(const char *file, const struct yaml_node *node);
/* Of its key; of the node itself in a list. */
struct place place_of_key(const char *file, const struct yaml_node *node);

/* One key with what was found for it. The show command prints these. */
struct setting {
    const struct param *param;
    char *key;                    /* dotted, from the root: "transports.mail.host" */
    struct place place;           /* `source` is borrowed from the load */
    const struct yaml_node *node; /* NULL: `text` */
    const char *text;             /* default, environment, command line; NULL: not set */
    bool is_default;
    const char *directory; /* relative paths start here; NULL: the working directory */
    void *target;          /* the member of the struct it lands in */
};

struct load {
    const struct config_options *options;
    bool without_secrets;
    struct buf problems; /* one per line */
    size_t problem_count;
    struct settings_remark *remarks; /* handed over to the settings */
    size_t remark_count;
    struct setting *settings;
    size_t setting_count;
    struct yaml_node **trees; /* every file read: settings point into them */
    size_t tree_count;
    char **names; /* texts that places borrow */
    size_t name_count;
    char **variables; /* of the environment, in which secrets were found */
    size_t variable_count;
};

void load_problem(struct load *l, struct place place, const char *format, ...) PRINTF(3, 4);
/* What keeps nobody from loading (model/settings.h). */
void load_remark(struct load *l, bool is_error, struct place place, const char *format, ...)
    PRINTF(4, 5);
/* "unknown key `x`; did you mean `y`?" */
void load_unknown(struct load *l, struct place place, const char *what, const char *word,
                  const char *const *names, size_t count);
/* ERR_CONFIG with the problems, one per line, if there are any. */
MUST_CHECK int load_result(const struct load *l, struct error *err);

/* A secret was read from this variable of the environment. */
void load_note_variable(struct load *l, const char *name);
/* Keeps a copy of `text` until load_free(). */
const char *load_keep(struct load *l, const char *text);
/* Reads a YAML file that lives until load_free(). NULL after a problem at `place` (not there) or in
 * the file. */
const struct yaml_node *load_tree(struct load *l, const char *path, struct place place);
/* Takes over `setting` (its key is owned from now on); returned until the next one is added. */
struct setting *load_add_setting(struct load *l, struct setting setting);
/* NULL if there is none. */
const struct setting *load_find_setting(const struct load *l, const char *key);
/* Of the setting with this key, or `otherwise` if it has no value of its own. */
struct place load_place_of(const struct load *l, const char *key, struct place otherwise);
void load_free(struct load *l);

/* `schema: 1` must stand at the top of rules and gateway descriptions. */
void load_check_schema(struct load *l, const char *file, const struct yaml_node *root);

#endif
