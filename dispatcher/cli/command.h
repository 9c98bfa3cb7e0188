/*
 * Commands: what a person or a script can ask. One table row per command; `--help`, "did you mean",
 * completion and the manual come from the same rows. To add a command: a file with its `const
 * struct command`, and its name in its chapter of main.c.
 *
 * stdout carries data, stderr messages. Exit status: sysexits values (64 usage, 65 bad data, 66 not
 * found, 69 daemon not reachable, 74 disk, 75 try again later, 77 not allowed, 78 configuration), 1
 * = it worked but the answer is no.
 *
 * SIGPIPE keeps its default: of `dispatcher queue | head -1` the first line is wanted, and whoever
 * writes the second ends at once and in silence (141 in a shell). A changing command that ends so
 * leaves what a kill would leave: what is booked is booked, and saying it again does the rest.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "config/config.h"

struct invocation;

/*
 * What its value is called says what it may be: STATE, CHANNEL and `auto|always|never` are words,
 * checked and completed; LANG is a language; FILE and DIR are completed as such.
 */
struct option_row {
    const char *name;  /* long name, without -- */
    char letter;       /* 0: none */
    const char *value; /* what to call its value in help; NULL: a flag */
    const char *help;
};

struct command {
    const char *name;      /* "queue", "config show" */
    const char *arguments; /* "ID... | --state STATE", "" */
    const char *summary;   /* one line */
    const char
        *example; /* lines to be typed; NULL: the indented lines that `details` begins with */
    const char *details; /* paragraphs of --help */
    const struct option_row *options;
    size_t option_count;
    size_t arguments_min, arguments_max;
    int (*run)(const struct invocation *inv,
               struct error *err); /* 0, exit status > 0, or an error code < 0 */
    bool hidden;                   /* for the build: in no list */
    const char *no_json; /* what is printed instead, "a CSV table": --json is refused; NULL: JSON */
};

/* Commands that belong together, in the order of the help. */
struct chapter {
    const char *name; /* "Campaigns" */
    const struct command *const *commands;
    size_t count;
};

/* Parses, runs, prints errors; returns the exit status of the process. */
int command_main(const struct chapter *chapters, size_t count, int argc, char **argv);

/* ---- for commands ---- */

/* NULL if the option was not given. */
const char *option_value(const struct invocation *inv, const char *name);
/* Of one that may be repeated, each in its turn; *at begins with 0. NULL: no more. */
const char *option_next(const struct invocation *inv, const char *name, size_t *at);
bool option_given(const struct invocation *inv, const char *name);
/* Whole number within [min, max], `fallback` if absent. ERR_USAGE. */
MUST_CHECK int option_int(const struct invocation *inv, const char *name, int64_t min, int64_t max,
                          int64_t fallback, int64_t *out, struct error *err);
size_t argument_count(const struct invocation *inv);
const char *argument_at(const struct invocation *inv, size_t index);
/* Global options -c/--config and --set KEY=VALUE as the configuration wants them. Borrowed from the
 * invocation. */
const struct config_options *invocation_config(const struct invocation *inv);
/* The settings as the command line wants them, with or without what secrets hold. Free with
 * settings_free() and free(). */
MUST_CHECK int invocation_load_settings(const struct invocation *inv, bool secrets,
                                        struct settings **out, struct error *err);
bool invocation_json(const struct invocation *inv);
bool invocation_quiet(const struct invocation *inv);   /* -q: on stderr nothing but errors */
bool invocation_verbose(const struct invocation *inv); /* -v: also how it was found out */
/* True when it is asked first: a mistake in the configuration is told once, however many sessions a
 * command opens. */
bool invocation_tells_mistake(const struct invocation *inv);

#endif
