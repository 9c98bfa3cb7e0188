#include "cli/help.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "cli/color.h"
#include "cli/command_list.h"
#include "cli/say.h"

#define FAMILY_MIN 3 /* so many commands of one first word share a line of the overview */

/* ---- the overview ---- */

static size_t family_length(const char *name)
{
    size_t len = strcspn(name, " ");
    return name[len] == ' ' ? len : 0;
}

static size_t family_size(const struct command_table *table, const char *name)
{
    size_t count = 0, len = family_length(name);
    const struct command *c = NULL;
    while (len > 0 && (c = command_family_next(table, name, len, c)) != NULL)
        count++;
    return count;
}

static void print_family_line(const struct command_table *table, const struct command *first,
                              FILE *to)
{
    size_t len = family_length(first->name);
    const struct command *c = NULL;
    fprintf(to, "  %-18.*s", (int)len, first->name);
    while ((c = command_family_next(table, first->name, len, c)) != NULL)
        fprintf(to, " %s%s", c == first ? "" : "| ", c->name + len + 1);
    putc('\n', to);
}

static void print_summary(const struct invocation *inv, const struct command *c, FILE *to)
{
    fprintf(to, "  %-18s %s\n", c->name, say_word(inv, c->summary));
}

/* A family is one line, where its first command stands. */
static void print_in_overview(const struct invocation *inv, const struct command *c, FILE *to)
{
    if (c->hidden)
        return;
    if (family_size(inv->table, c->name) < FAMILY_MIN)
        print_summary(inv, c, to);
    else if (command_family_next(inv->table, c->name, family_length(c->name), NULL) == c)
        print_family_line(inv->table, c, to);
}

void help_print_overview(const struct invocation *inv, FILE *to)
{
    say(inv, to,
        "dispatcher tells many people, one by one, in their own language, and keeps the proof.\n");
    fprintf(to, "\n%s dispatcher %s\n", say_word(inv, "Usage:"),
            say_word(inv, "COMMAND [OPTION...] [ARGUMENT...]"));
    for (size_t i = 0; i < inv->table->chapter_count; i++) {
        const struct chapter *chapter = &inv->table->chapters[i];
        fprintf(to, "\n%s%s%s\n", color_begin(to, TINT_HEAD), say_word(inv, chapter->name),
                color_end(to, TINT_HEAD));
        for (size_t k = 0; k < chapter->count; k++)
            print_in_overview(inv, chapter->commands[k], to);
    }
    putc('\n', to);
    say(inv, to,
        "`dispatcher help COMMAND` explains one, or all that begin with its first word.\n");
    fprintf(to, "%s dispatcher help", say_word(inv, "More:"));
    for (size_t i = 0; i < help_topic_count; i++)
        fprintf(to, "%s%s", i == 0 ? " " : " | ", help_topics[i].name);
    putc('\n', to);
}

bool help_print_family(const struct invocation *inv, const char *word, FILE *to)
{
    size_t len = strlen(word);
    const struct command *c = command_family_next(inv->table, word, len, NULL);
    if (c == NULL)
        return false;
    say(inv, to, "Usage: dispatcher %s WORD, and WORD is one of these:\n", word);
    for (; c != NULL; c = command_family_next(inv->table, word, len, c))
        print_summary(inv, c, to);
    return true;
}

/* ---- one command ---- */

static void print_option(const struct invocation *inv, const struct option_row *row)
{
    char name[64];
    const char letter[] = {'-', row->letter, ',', ' ', '\0'};
    snprintf(name, sizeof(name), "%s--%s%s%s", row->letter != 0 ? letter : "    ", row->name,
             row->value != NULL ? " " : "", row->value != NULL ? row->value : "");
    printf("  %-30s %s\n", name, say_word(inv, row->help));
}

static void print_title(const struct invocation *inv, const char *title)
{
    printf("\n%s%s%s\n", color_begin(stdout, TINT_HEAD), say_word(inv, title),
           color_end(stdout, TINT_HEAD));
}

static bool has_own(const struct command *c, const char *name)
{
    for (size_t i = 0; i < c->option_count; i++) {
        if (strcmp(c->options[i].name, name) == 0)
            return true;
    }
    return false;
}

static void print_options(const struct invocation *inv, const struct command *c)
{
    if (c->option_count > 0)
        print_title(inv, "Options:");
    for (size_t i = 0; i < c->option_count; i++)
        print_option(inv, &c->options[i]);
    print_title(inv, "For every command:");
    for (size_t i = 0; i < command_global_option_count; i++) {
        if (!has_own(c, command_global_options[i].name))
            print_option(inv, &command_global_options[i]);
    }
}

/* Paragraph by paragraph. What tells programs of their JSON is for whoever writes them, and English
 * like its members. */
static void print_prose(const struct invocation *inv, const char *prose)
{
    while (*prose != '\0') {
        const char *end = strstr(prose, "\n\n");
        char *paragraph = xstrndup(prose, end != NULL ? (size_t)(end - prose) : strlen(prose));
        printf("\n%s\n", say_word(inv, paragraph));
        free(paragraph);
        prose = end != NULL ? end + 2 : prose + strlen(prose);
    }
}

void help_print_command(const struct invocation *inv, const struct command *c)
{
    const char *example, *prose = command_prose(c);
    size_t len = command_example(c, &example);
    printf("%sdispatcher %s%s: %s\n\n", color_begin(stdout, TINT_HEAD), c->name,
           color_end(stdout, TINT_HEAD), say_word(inv, c->summary));
    printf("%s dispatcher %s%s%s%s\n", say_word(inv, "Usage:"), c->name,
           c->option_count > 0 ? " [OPTION...]" : "", c->arguments[0] != '\0' ? " " : "",
           c->arguments);
    if (len > 0) {
        print_title(inv, "Examples:");
        printf("%.*s%s", (int)len, example, example[len - 1] == '\n' ? "" : "\n");
    }
    print_prose(inv, prose);
    print_options(inv, c);
}

/* ---- topics ---- */

const struct exit_code help_exit_codes[] = {
    {0, "done"},
    {1, "the command worked, the answer is no (messages failed for good, a check found errors)"},
    {EX_USAGE, "wrong command line: unknown option, missing selector or confirmation"},
    {EX_DATAERR, "a notice, letter or file is not valid"},
    {EX_NOINPUT, "no such file, notice or template"},
    {EX_UNAVAILABLE, "the daemon is not reachable"},
    {EX_SOFTWARE, "our own mistake: please report it"},
    {EX_IOERR, "reading or writing failed"},
    {EX_TEMPFAIL, "full or busy: try again later"},
    {EX_NOPERM, "not allowed"},
    {EX_CONFIG, "the configuration is wrong"},
    {0, NULL},
};

static void print_exit_codes(const struct invocation *inv)
{
    for (const struct exit_code *c = help_exit_codes; c->meaning != NULL; c++)
        printf("%3d  %s\n", c->code, say_word(inv, c->meaning));
}

static const struct topic *find_topic(const char *name)
{
    for (size_t i = 0; i < help_topic_count; i++) {
        if (strcmp(help_topics[i].name, name) == 0)
            return &help_topics[i];
    }
    return NULL;
}

static void print_topic(const struct invocation *inv, const struct topic *topic)
{
    printf("%s\n\n", say_word(inv, topic->summary));
    if (strcmp(topic->name, "exit-codes") == 0)
        print_exit_codes(inv);
    printf("%s", topic->text);
}

/* ---- the command ---- */

static void put_row_json(struct buf *out, const struct option_row *row)
{
    const char *words = command_value_words(row);
    const char letter[] = {row->letter, '\0'};
    buf_puts(out, "{\"name\":");
    buf_put_json(out, row->name);
    buf_puts(out, ",\"letter\":");
    buf_put_json(out, row->letter != 0 ? letter : NULL);
    buf_puts(out, ",\"value\":");
    buf_put_json(out, row->value);
    buf_puts(out, ",\"words\":");
    buf_put_json(out, words);
    buf_puts(out, ",\"help\":");
    buf_put_json(out, row->help);
    buf_putc(out, '}');
}

static void print_command_json(const struct chapter *chapter, const struct command *c)
{
    struct buf out = {0};
    const char *example;
    size_t len = command_example(c, &example);
    const char *const members[][2] = {{"command", c->name},
                                      {"chapter", chapter->name},
                                      {"arguments", c->arguments},
                                      {"summary", c->summary},
                                      {"details", command_prose(c)}};
    buf_puts(&out, "{\"v\":1");
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        buf_printf(&out, ",\"%s\":", members[i][0]);
        buf_put_json(&out, members[i][1]);
    }
    struct buf lines = {0};
    buf_put(&lines, example, len);
    buf_puts(&out, ",\"example\":");
    buf_put_json(&out, buf_text(&lines));
    buf_free(&lines);
    buf_puts(&out, ",\"options\":[");
    for (size_t i = 0; i < c->option_count; i++) {
        buf_puts(&out, i == 0 ? "" : ",");
        put_row_json(&out, &c->options[i]);
    }
    printf("%s]}\n", buf_text(&out));
    buf_free(&out);
}

static void print_json(const struct command_table *table)
{
    for (size_t i = 0; i < table->chapter_count; i++) {
        const struct chapter *chapter = &table->chapters[i];
        for (size_t k = 0; k < chapter->count; k++) {
            if (!chapter->commands[k]->hidden)
                print_command_json(chapter, chapter->commands[k]);
        }
    }
}

static int run(const struct invocation *inv, struct error *err)
{
    size_t count = argument_count(inv), words = 0;
    const char *word = argument_at(inv, 0);
    if (count == 0) {
        if (invocation_json(inv))
            print_json(inv->table);
        else
            help_print_overview(inv, stdout);
        return 0;
    }
    const struct topic *topic = find_topic(word);
    if (count == 1 && topic != NULL) {
        print_topic(inv, topic);
        return 0;
    }
    const struct command *c = command_find(inv->table, count, inv->arguments, &words);
    if (c != NULL && words == count) {
        help_print_command(inv, c);
        return 0;
    }
    if (count == 1 && help_print_family(inv, word, stdout))
        return 0;
    return command_unknown(inv->table, count, inv->arguments, err);
}

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND | TOPIC]",
    .summary = "explain a command, or a topic",
    .example = "  dispatcher help retry\n"
               "  dispatcher help endpoint\n"
               "  dispatcher help exit-codes\n",
    .details = "JSON, without an argument: one object per command: v, command, chapter, arguments, "
               "summary, details,\n"
               "example, options (name, letter, value, words: what it takes, help).",
    .arguments_max = 2,
    .run = run,
};
