#include "operator/command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "operator/output.h"

#define OPTIONS_MAX   32
#define OVERRIDES_MAX 16
#define FIRST_ROW     256 /* what getopt_long() returns for the first row: above every letter */

/* Understood by every command. */
static const struct option_row global_options[] = {
    {"config", 'c', "FILE",
     "the configuration (else $DISPATCHER_CONFIG, config/dispatcher.yaml, the installed)"},
    {"set", 0, "KEY=VALUE", "override one key of the configuration; may be repeated"},
    {"json", 0, NULL, "print JSON, one object per line: the stable form for programs"},
    {"help", 'h', NULL, "print this help"},
};

struct invocation {
    const struct command *command;
    const struct command *const *table;
    size_t table_count;
    const struct option_row *rows[OPTIONS_MAX]; /* global ones first */
    const char *values[OPTIONS_MAX];            /* NULL: not given */
    size_t row_count;
    struct config_override overrides[OVERRIDES_MAX];
    size_t override_count;
    struct config_options config;
    char **arguments;
    size_t argument_count;
    bool *mistake_told;
};

/* ---- what commands ask ---- */

const char *option_value(const struct invocation *inv, const char *name)
{
    for (size_t i = 0; i < inv->row_count; i++) {
        if (strcmp(inv->rows[i]->name, name) == 0)
            return inv->values[i];
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

bool invocation_tells_mistake(const struct invocation *inv)
{
    bool first = !*inv->mistake_told;
    *inv->mistake_told = true;
    return first;
}

/* ---- help ---- */

static void print_options(const struct option_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[64];
        const char letter[] = {'-', rows[i].letter, ',', ' ', '\0'};
        snprintf(name, sizeof(name), "%s--%s%s%s", rows[i].letter != 0 ? letter : "    ",
                 rows[i].name, rows[i].value != NULL ? " " : "",
                 rows[i].value != NULL ? rows[i].value : "");
        printf("  %-28s %s\n", name, rows[i].help);
    }
}

static void print_help(const struct command *c)
{
    printf("dispatcher %s: %s\n\nUsage: dispatcher %s%s%s%s\n", c->name, c->summary, c->name,
           c->option_count > 0 ? " [OPTION...]" : "", c->arguments[0] != '\0' ? " " : "",
           c->arguments);
    if (c->details[0] != '\0')
        printf("\n%s\n", c->details);
    if (c->option_count > 0) {
        printf("\nOptions:\n");
        print_options(c->options, c->option_count);
    }
    printf("\nFor every command:\n");
    print_options(global_options, COUNT_OF(global_options));
}

static void print_overview(const struct command *const *table, size_t count, FILE *to)
{
    fprintf(
        to,
        "dispatcher tells many people, one by one, in their own language, and keeps the proof.\n\n"
        "Usage: dispatcher COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n");
    for (size_t i = 0; i < count; i++)
        fprintf(to, "  %-14s %s\n", table[i]->name, table[i]->summary);
    fprintf(to, "\n`dispatcher COMMAND --help` explains one. `dispatcher help exit-codes` lists "
                "exit codes.\n");
}

static void print_exit_codes(void)
{
    static const struct {
        int code;
        const char *meaning;
    } codes[] = {
        {0, "done"},
        {1,
         "the command worked, the answer is no (messages failed for good, a check found errors)"},
        {EX_USAGE, "wrong command line: unknown option, missing selector or confirmation"},
        {EX_DATAERR, "a notice, letter or file is not valid"},
        {EX_NOINPUT, "no such file, notice or template"},
        {EX_UNAVAILABLE, "the daemon is not reachable"},
        {EX_SOFTWARE, "our own mistake: please report it"},
        {EX_IOERR, "reading or writing failed"},
        {EX_TEMPFAIL, "full or busy: try again later"},
        {EX_NOPERM, "not allowed"},
        {EX_CONFIG, "the configuration is wrong"},
    };
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        printf("%3d  %s\n", codes[i].code, codes[i].meaning);
}

/* ---- finding the command ---- */

/* "config show" is two words of argv. Returns how many words matched, 0: none. */
static size_t match_name(const char *name, int argc, char **argv)
{
    const char *space = strchr(name, ' ');
    if (space == NULL)
        return argc >= 1 && strcmp(name, argv[0]) == 0 ? 1 : 0;
    size_t first = (size_t)(space - name);
    bool matches = argc >= 2 && strlen(argv[0]) == first && memcmp(argv[0], name, first) == 0 &&
                   strcmp(argv[1], space + 1) == 0;
    return matches ? 2 : 0;
}

static const struct command *find_command(const struct command *const *table, size_t count,
                                          int argc, char **argv, size_t *out_words)
{
    for (size_t i = 0; i < count; i++) {
        *out_words = match_name(table[i]->name, argc, argv);
        if (*out_words > 0)
            return table[i];
    }
    return NULL;
}

/* "facts" alone: which commands of two words begin so? False: none. */
static bool print_family(const struct command *const *table, size_t count, const char *word,
                         FILE *to)
{
    size_t len = strlen(word);
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        const char *name = table[i]->name;
        if (strncmp(name, word, len) != 0 || name[len] != ' ')
            continue;
        if (!any)
            fprintf(to, "dispatcher: %s goes with another word:\n", word);
        any = true;
        fprintf(to, "  %-18s %s\n", name, table[i]->summary);
    }
    return any;
}

static int unknown_command(const struct command *const *table, size_t count, const char *word)
{
    if (print_family(table, count, word, stderr))
        return EX_USAGE;
    const char *names[64];
    for (size_t i = 0; i < count && i < COUNT_OF(names); i++)
        names[i] = table[i]->name;
    const char *meant =
        text_closest(word, names, count < COUNT_OF(names) ? count : COUNT_OF(names));
    fprintf(stderr, "dispatcher: there is no command \"%s\"", word);
    if (word[0] == '-')
        fprintf(stderr, "; options stand behind the command: dispatcher COMMAND %s\n", word);
    else if (meant != NULL)
        fprintf(stderr, "; did you mean \"%s\"?\n", meant);
    else
        fprintf(stderr, "; `dispatcher help` lists them\n");
    return EX_USAGE;
}

/* ---- options ---- */

static void gather_rows(struct invocation *inv)
{
    for (size_t i = 0; i < COUNT_OF(global_options); i++)
        inv->rows[inv->row_count++] = &global_options[i];
    for (size_t i = 0; i < inv->command->option_count; i++)
        inv->rows[inv->row_count++] = &inv->command->options[i];
}

/* What getopt_long() did not like: the letter within its cluster, or the long word it has just left
 * behind. */
static const char *disliked_word(char *const *argv, char out[3])
{
    if (optopt <= 0 || optopt >= FIRST_ROW)
        return argv[optind - 1];
    snprintf(out, 3, "-%c", optopt);
    return out;
}

static int unknown_option(const struct invocation *inv, char *const *argv, struct error *err)
{
    const char *names[OPTIONS_MAX];
    char bare[64], letter[3];
    const char *word = disliked_word(argv, letter);
    if (optopt >= FIRST_ROW)
        return error_set(err, ERR_USAGE, "--%s takes no value",
                         inv->rows[optopt - FIRST_ROW]->name);
    snprintf(bare, sizeof(bare), "%.*s", (int)strcspn(word + strspn(word, "-"), "="),
             word + strspn(word, "-"));
    for (size_t i = 0; i < inv->row_count; i++)
        names[i] = inv->rows[i]->name;
    const char *meant = text_closest(bare, names, inv->row_count);
    return error_set(err, ERR_USAGE, "%s does not know the option \"%s\"%s%s%s", inv->command->name,
                     word, meant != NULL ? "; did you mean --" : "; see --help",
                     meant != NULL ? meant : "", meant != NULL ? "?" : "");
}

static int take_override(struct invocation *inv, char *text, struct error *err)
{
    char *equals = strchr(text, '=');
    if (equals == NULL)
        return error_set(err, ERR_USAGE, "--set wants KEY=VALUE, not \"%s\"", text);
    if (inv->override_count >= OVERRIDES_MAX)
        return error_set(err, ERR_USAGE, "--set may be given %d times, not more; use --config",
                         OVERRIDES_MAX);
    *equals = '\0';
    inv->overrides[inv->override_count++] =
        (struct config_override){.key = text, .value = equals + 1};
    return 0;
}

static size_t build_long_options(const struct invocation *inv, struct option *out)
{
    for (size_t i = 0; i < inv->row_count; i++) {
        out[i] = (struct option){
            .name = inv->rows[i]->name,
            .has_arg = inv->rows[i]->value != NULL ? required_argument : no_argument,
            .val = (int)(FIRST_ROW + i),
        };
    }
    out[inv->row_count] = (struct option){0};
    return inv->row_count;
}

/* The row behind what getopt_long() returned, or -1. */
static int row_of(const struct invocation *inv, int code)
{
    if (code >= FIRST_ROW)
        return code - FIRST_ROW;
    for (size_t i = 0; i < inv->row_count; i++) {
        if (inv->rows[i]->letter == code && code != 0)
            return (int)i;
    }
    return -1;
}

static int parse_options(struct invocation *inv, int argc, char **argv, struct error *err)
{
    struct option long_options[OPTIONS_MAX + 1];
    build_long_options(inv, long_options);
    opterr = 0;
    optind = 1;
    for (;;) {
        int code = getopt_long(argc, argv, ":c:nhqy", long_options, NULL);
        if (code == -1)
            break;
        if (code == ':')
            return error_set(err, ERR_USAGE, "%s wants a value", argv[optind - 1]);
        int row = row_of(inv, code);
        if (row < 0)
            return unknown_option(inv, argv, err);
        inv->values[row] = optarg != NULL ? optarg : "";
        bool is_set = optarg != NULL && strcmp(inv->rows[row]->name, "set") == 0;
        if (is_set && take_override(inv, optarg, err) != 0)
            return ERR_USAGE;
    }
    inv->arguments = argv + optind;
    inv->argument_count = (size_t)(argc - optind);
    inv->config = (struct config_options){
        .path = option_value(inv, "config"),
        .overrides = inv->overrides,
        .override_count = inv->override_count,
    };
    return 0;
}

static int check_arguments(const struct invocation *inv, struct error *err)
{
    const struct command *c = inv->command;
    if (inv->argument_count < c->arguments_min)
        return error_set(err, ERR_USAGE, "%s needs more: dispatcher %s %s", c->name, c->name,
                         c->arguments);
    if (inv->argument_count > c->arguments_max)
        return error_set(err, ERR_USAGE, "%s does not know what to do with \"%s\"", c->name,
                         inv->arguments[c->arguments_max]);
    return 0;
}

static int finish(int rc, const struct error *err)
{
    if (rc < 0) {
        output_error(err);
        rc = error_exit_status(rc);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "dispatcher: cannot write the output\n");
        return rc != 0 ? rc : EX_IOERR;
    }
    return rc;
}

static int print_topic(const struct command *const *table, size_t count, int argc, char **argv)
{
    size_t words = 0;
    if (argc == 0) {
        print_overview(table, count, stdout);
        return 0;
    }
    if (strcmp(argv[0], "exit-codes") == 0) {
        print_exit_codes();
        return 0;
    }
    const struct command *c = find_command(table, count, argc, argv, &words);
    if (c == NULL)
        return unknown_command(table, count, argv[0]);
    print_help(c);
    return 0;
}

int command_main(const struct command *const *table, size_t count, int argc, char **argv)
{
    bool mistake_told = false;
    struct invocation inv = {.table = table, .table_count = count, .mistake_told = &mistake_told};
    struct error err = {0};
    size_t words = 0;
    if (argc < 2) {
        print_overview(table, count, stderr);
        return EX_USAGE;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
        strcmp(argv[1], "-h") == 0)
        return finish(print_topic(table, count, argc - 2, argv + 2), &err);
    if (strcmp(argv[1], "--version") == 0)
        argv[1] += 2;
    inv.command = find_command(table, count, argc - 1, argv + 1, &words);
    if (inv.command == NULL)
        return unknown_command(table, count, argv[1]);
    gather_rows(&inv);
    int rc = parse_options(&inv, argc - (int)words, argv + words, &err);
    if (rc == 0 && option_given(&inv, "help")) {
        print_help(inv.command);
        return finish(0, &err);
    }
    if (rc == 0)
        rc = check_arguments(&inv, &err);
    if (rc == 0)
        rc = inv.command->run(&inv, &err);
    return finish(rc, &err);
}
