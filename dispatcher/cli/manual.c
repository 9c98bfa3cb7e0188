/* The manual pages that follow from tables: dispatcher(1) from that of the commands,
 * dispatcher.yaml(5) from that of the keys. The build prints them; the other pages are in docs/man.
 */
#include "cli/manual_text.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "cli/command_backend.h"
#include "cli/command_list.h"
#include "cli/help.h"

static void put_head(const char *title, const char *section, const char *name, const char *about)
{
    printf(".Dd " DISPATCHER_RELEASED "\n.Dt %s %s\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n", title,
           section, name, about);
}

static void put_text(const char *text)
{
    manual_put_text(stdout, text, strlen(text));
}

/* ---- dispatcher(1) ---- */

static void put_option(const struct option_row *row)
{
    fputs(".It", stdout);
    if (row->letter != 0)
        printf(" Fl %c ,", row->letter);
    printf(" Fl -%s", row->name);
    if (row->value != NULL) {
        fputs(" Ar", stdout);
        manual_put_argument(stdout, row->value);
    }
    putchar('\n');
    put_text(row->help);
}

static void put_options(const struct option_row *rows, size_t count)
{
    puts(".Bl -tag -width Ds");
    for (size_t i = 0; i < count; i++)
        put_option(&rows[i]);
    puts(".El");
}

static void put_command(const struct command *c)
{
    const char *example;
    size_t len = command_example(c, &example);
    fputs(".It Ic", stdout);
    manual_put_argument(stdout, c->name);
    if (c->option_count > 0)
        fputs(" Oo Ar option ... Oc", stdout);
    if (c->arguments[0] != '\0') {
        fputs(" Ar", stdout);
        manual_put_argument(stdout, c->arguments);
    }
    putchar('\n');
    put_text(c->summary);
    if (len > 0)
        manual_put_literal(stdout, example, len);
    if (command_prose(c)[0] != '\0') {
        puts(".Pp");
        put_text(command_prose(c));
    }
    if (c->option_count > 0)
        put_options(c->options, c->option_count);
}

static void put_chapter(const struct chapter *chapter)
{
    printf(".Ss %s\n.Bl -tag -width Ds\n", chapter->name);
    for (size_t i = 0; i < chapter->count; i++) {
        if (!chapter->commands[i]->hidden)
            put_command(chapter->commands[i]);
    }
    puts(".El");
}

static void put_topic(const char *name, const char *section)
{
    for (size_t i = 0; i < help_topic_count; i++) {
        if (!text_equal(help_topics[i].name, name))
            continue;
        printf(".Sh %s\n", section);
        put_text(help_topics[i].summary);
        if (help_topics[i].text[0] != ' ')
            puts(".Pp");
        put_text(help_topics[i].text);
    }
}

static void put_exit_codes(void)
{
    puts(".Sh EXIT STATUS\n.Bl -tag -width Ds");
    for (const struct exit_code *c = help_exit_codes; c->meaning != NULL; c++) {
        printf(".It %d\n", c->code);
        put_text(c->meaning);
    }
    puts(".El");
}

static void put_program_page(const struct invocation *inv)
{
    put_head("DISPATCHER", "1", "dispatcher",
             "tell many people, one by one, in their own language, and keep the proof");
    puts(".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar option ...\n.Op Ar argument ...\n"
         ".Sh DESCRIPTION\n"
         "One program: the daemon is\n.Ic run ,\nwhat people and scripts ask are the other "
         "commands.\n"
         "Standard output carries what was asked for, standard error carries messages.\n"
         ".Pp\nEvery command understands:");
    put_options(command_global_options, command_global_option_count);
    for (size_t i = 0; i < inv->table->chapter_count; i++)
        put_chapter(&inv->table->chapters[i]);
    put_topic("environment", "ENVIRONMENT");
    puts(".Sh FILES\n.Bl -tag -width Ds\n.It Pa /etc/dispatcher/dispatcher.yaml\n"
         "the configuration, or where it was installed\n.El");
    put_exit_codes();
    puts(".Sh SEE ALSO\n.Xr dispatcher-template 5 ,\n.Xr dispatcher.yaml 5 ,\n"
         ".Xr dispatcher-spool 7");
    put_topic("selectors", "SELECTORS");
    put_topic("formatting", "FORMATTING");
}

/* ---- dispatcher.yaml(5) ---- */

static void put_form(const struct config_key *key)
{
    struct buf form = {0};
    buf_printf(&form, "It is %s", key->form);
    for (size_t i = 0; key->choices != NULL && key->choices[i] != NULL; i++)
        buf_printf(&form, "%s%s", i == 0 ? " " : ", ", key->choices[i]);
    if (key->range != NULL)
        buf_printf(&form, ", from %s", key->range);
    if (key->fallback != NULL)
        buf_printf(&form, "; unless set: %s", key->fallback[0] != '\0' ? key->fallback : "nothing");
    buf_puts(&form, key->required ? "; it must be there." : ".");
    if (key->holds_for != NULL)
        buf_printf(&form, " Only with %s.", key->holds_for);
    put_text(buf_text(&form));
    buf_free(&form);
}

static void put_key(void *context, const struct config_key *key)
{
    const char **section = context;
    if (!text_equal(*section, key->section)) {
        printf("%s.Ss %s\n.Bl -tag -width Ds\n", *section != NULL ? ".El\n" : "",
               key->section[0] != '\0' ? key->section : "Top level");
        *section = key->section;
    }
    fputs(".It Cm", stdout);
    manual_put_argument(stdout, key->name);
    putchar('\n');
    put_text(key->about);
    put_form(key);
}

static void put_configuration_page(const struct invocation *inv UNUSED)
{
    const char *section = NULL;
    put_head("DISPATCHER.YAML", "5", "dispatcher.yaml", "configuration of dispatcher");
    puts(".Sh DESCRIPTION\n"
         "One YAML document of keys; a dot stands for a map in a map:\n.Cm log.level\nis\n"
         ".Ql log: {level: info} .\n"
         "A key nobody knows is an error, and\n.Ql dispatcher check\nnames all errors at once.\n"
         "Only\n.Cm true\nand\n.Cm false\nare booleans.\n"
         "A relative path begins at the directory of the file it stands in.\n"
         ".Pp\n"
         "Values come from the defaults below, this file, the environment\n"
         ".Pq Ev DISPATCHER_LOG_LEVEL No is log.level\nand\n.Fl -set\nof the command line; the "
         "later one wins.\n"
         ".Ql dispatcher config show\nprints what is in force, and from where.\n"
         ".Pp\n"
         "Upon SIGHUP the daemon reads it again;\nwith an error in it the old one stays in force.");
    config_describe(put_key, &section);
    puts(".El\n.Sh FILES\n.Bl -tag -width Ds\n.It Pa config/dispatcher.yaml\n"
         "below the working directory\n.It Pa /etc/dispatcher/dispatcher.yaml\n"
         "or where it was installed\n.El\n.Sh SEE ALSO\n.Xr dispatcher 1");
}

/* ---- the command ---- */

static int run(const struct invocation *inv, struct error *err)
{
    static const struct {
        const char *page;
        void (*put)(const struct invocation *inv);
    } pages[] = {{"dispatcher.1", put_program_page}, {"dispatcher.yaml.5", put_configuration_page}};
    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        if (text_equal(pages[i].page, argument_at(inv, 0))) {
            pages[i].put(inv);
            return 0;
        }
    }
    return error_set(err, ERR_NOT_FOUND, "there is no page \"%s\"", argument_at(inv, 0));
}

const struct command command_manual = {
    .name = "manual",
    .arguments = "dispatcher.1|dispatcher.yaml.5",
    .summary = "print a manual page that is made of tables, as mdoc",
    .example = "  dispatcher manual dispatcher.1 | mandoc | less\n",
    .details = "",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
    .hidden = true,
};
