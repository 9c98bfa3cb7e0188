#include "cli/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/text.h"
#include "cli/color.h"
#include "cli/command_backend.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/say_catalogue.h"

/* ---- what commands ask ---- */

const char *option_value(const struct invocation *inv, const char *name)
{
    for (size_t i = 0; i < inv->row_count; i++) {
        if (strcmp(inv->rows[i]->name, name) == 0)
            return inv->values[i];
    }
    return NULL;
}

const char *option_next(const struct invocation *inv, const char *name, size_t *at)
{
    while (*at < inv->given_count) {
        const struct given *g = &inv->given[(*at)++];
        if (strcmp(inv->rows[g->row]->name, name) == 0)
            return g->value;
    }
    return NULL;
}

bool option_given(const struct invocation *inv, const char *name)
{
    return option_value(inv, name) != NULL;
}

int option_int(const struct invocation *inv, const char *name, int64_t min, int64_t max,
               int64_t fallback, int64_t *out, struct error *err)
{
    const char *text = option_value(inv, name);
    *out = fallback;
    if (text == NULL)
        return 0;
    if (!text_parse_int(text, out) || *out < min || *out > max)
        return error_set(err, ERR_USAGE,
                         "--%s must be a whole number from %lld to %lld, not \"%s\"", name,
                         (long long)min, (long long)max, text);
    return 0;
}

size_t argument_count(const struct invocation *inv)
{
    return inv->argument_count;
}

const char *argument_at(const struct invocation *inv, size_t index)
{
    return index < inv->argument_count ? inv->arguments[index] : NULL;
}

const struct config_options *invocation_config(const struct invocation *inv)
{
    return &inv->config;
}

int invocation_load_settings(const struct invocation *inv, bool secrets, struct settings **out,
                             struct error *err)
{
    struct config_options options = inv->config;
    options.without_secrets = options.without_secrets || !secrets;
    return config_load(&options, out, err);
}

bool invocation_json(const struct invocation *inv)
{
    return option_given(inv, "json");
}

bool invocation_quiet(const struct invocation *inv)
{
    return option_given(inv, "quiet");
}

bool invocation_verbose(const struct invocation *inv)
{
    return option_given(inv, "verbose");
}

bool invocation_tells_mistake(const struct invocation *inv)
{
    bool first = !*inv->mistake_told;
    *inv->mistake_told = true;
    return first;
}

/* ---- running one ---- */

static int check_arguments(const struct invocation *inv, struct error *err)
{
    const struct command *c = inv->command;
    if (inv->argument_count < c->arguments_min)
        return error_set(err, ERR_USAGE, "%s needs more: dispatcher %s %s", c->name, c->name,
                         c->arguments);
    if (inv->argument_count <= c->arguments_max)
        return 0;
    const char *meant = command_closest_of_family(inv->table, c->name, inv->arguments[0]);
    if (meant != NULL)
        return error_set(err, ERR_USAGE, "there is no command \"%s%s%s\"; did you mean \"%s\"?",
                         c->name, " ", inv->arguments[0], meant);
    return error_set(err, ERR_USAGE, "%s does not know what to do with \"%s\"", c->name,
                     inv->arguments[c->arguments_max]);
}

/* Whoever closed the pipe has seen enough: that is no error, and nobody reads a message about it. A
 * command that ignores SIGPIPE ends as if it had not. */
static int finish_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (errno == EPIPE)
        return 128 + SIGPIPE;
    fprintf(stderr, "dispatcher: cannot write the output\n");
    return status != 0 ? status : EX_IOERR;
}

static int run_command(struct invocation *inv, size_t count, char **words, struct error *err)
{
    int rc = command_line_parse(inv, count, words, err);
    inv->config = (struct config_options){
        .path = option_value(inv, "config"),
        .overrides = inv->overrides,
        .override_count = inv->override_count,
    };
    say_choose_language(&inv->config);
    color_choose(option_value(inv, "color"));
    if (rc != 0)
        return rc;
    if (option_given(inv, "help")) {
        help_print_command(inv, inv->command);
        return 0;
    }
    rc = check_arguments(inv, err);
    if (rc == 0 && inv->command->no_json != NULL && invocation_json(inv))
        rc = error_set(err, ERR_USAGE, "%s has no JSON: it prints %s; leave --json out",
                       inv->command->name, inv->command->no_json);
    return rc == 0 ? inv->command->run(inv, err) : rc;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static bool asks_help(size_t count, char *const *words)
{
    for (size_t i = 0; i < count; i++) {
        if (is_help(words[i]))
            return true;
    }
    return false;
}

/* The command that the words begin with is taken off them. */
static int choose_command(struct invocation *inv, size_t count, char **words, struct error *err)
{
    size_t used = 0;
    inv->command = command_find(inv->table, count, words, &used);
    if (inv->command != NULL)
        return run_command(inv, count - used, words + used, err);
    bool help = asks_help(count, words), alone = count == 1 || words[1][0] == '-';
    if (alone && help_print_family(inv, words[0], help ? stdout : stderr))
        return help ? 0 : EX_USAGE;
    return command_unknown(inv->table, count, words, err);
}

int command_main(const struct chapter *chapters, size_t count, int argc, char **argv)
{
    bool mistake_told = false;
    struct spoken spoken = {0};
    char help[] = "help", version[] = "version";
    struct command_table table;
    struct error err = {0};
    command_table_open(&table, chapters, count);
    struct invocation inv = {.table = &table, .mistake_told = &mistake_told, .spoken = &spoken};
    int rc = EX_USAGE;
    if (argc < 2) {
        help_print_overview(&inv, stderr);
    } else {
        if (is_help(argv[1]))
            argv[1] = help;
        else if (strcmp(argv[1], "--version") == 0)
            argv[1] = version;
        rc = choose_command(&inv, (size_t)argc - 1, argv + 1, &err);
    }
    if (rc < 0) {
        output_error(&err);
        rc = error_exit_status(rc);
    }
    rc = finish_output(rc);
    command_table_close(&table);
    catalogue_free(spoken.catalogue);
    return rc;
}
