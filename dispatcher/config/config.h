/*
 * Reading the configuration: dispatcher.yaml and rules.yaml and the gateway descriptions, into
 * model/settings.h. Order of origin: built-in defaults < file < environment (DISPATCHER_SPOOL, ...)
 * < command line. Every key is a row of one table (params.c): name, type, default, range, one
 * sentence. `dispatcher config show`, the errors and later the manual come from it.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "model/settings.h"

struct config_override {
    const char *key; /* dotted */
    const char *value;
};

struct config_options {
    const char *path; /* NULL: $DISPATCHER_CONFIG, ./config/dispatcher.yaml,
                         SYSCONFDIR/dispatcher/dispatcher.yaml: the first that exists */
    const struct config_override *overrides;
    size_t override_count;
    int64_t today;        /* days from 1970 in UTC; 0: what is over is nobody's question */
    bool without_secrets; /* do not read secret files: `check` on another machine */
};

/* Loads and checks everything; relative paths in a file are relative to that file's directory.
 * ERR_CONFIG with file:line:column and what to do; ERR_NOT_FOUND if there is no configuration. Free
 * with settings_free() and free(). */
MUST_CHECK int config_load(const struct config_options *options, struct settings **out,
                           struct error *err);

/*
 * Of a configuration that config_load() refuses: where its spool and its control socket are.
 * Nothing else of *out is to be used. So a daemon that runs with an older, good one can still be
 * reached. ERR_CONFIG: nothing says where the spool is, or the command line overrides another key.
 * Free as above.
 */
MUST_CHECK int config_locate_spool(const struct config_options *options, struct settings **out,
                                   struct error *err);

/* A key as the manual has it. */
struct config_key {
    const char *section;        /* "", "transports.NAME", ...: where it stands */
    const char *name;           /* dotted, within its section; names of one's own in capitals */
    const char *form;           /* what may stand there, in words */
    const char *range;          /* "1 to 512"; NULL: none */
    const char *holds_for;      /* "email", "type: smtp": nowhere else; NULL: everywhere */
    const char *fallback;       /* NULL: nothing stands there unless it is set */
    const char *about;          /* one sentence */
    const char *const *choices; /* NULL, or the words it may be */
    bool required;
};
/* Every key of dispatcher.yaml, in the order of the tables. */
void config_describe(void (*fn)(void *context, const struct config_key *key), void *context);

/* What dispatcher.yaml, and the file of `rules`, may hold, as JSON Schema, appended. */
void config_put_schema(struct buf *out);
void config_put_rules_schema(struct buf *out);

/*
 * operator.language, without a word about anything else: what is wrong with a configuration is told
 * in that language too. False: nobody says.
 */
bool config_peek_language(const struct config_options *options, char *out, size_t size);

/*
 * `dispatcher config show`: one line per key, in the order of the tables, secrets as ***:
 *     key = value   # origin (file:line, default, environment variable, command line)
 * With `json` one object per line, "about" being the sentence of the table:
 *     {"v":1,"key":..,"value":..,"origin":..,"about":..}
 */
MUST_CHECK int config_show(const struct config_options *options, bool json, struct buf *out,
                           struct error *err);

#endif
