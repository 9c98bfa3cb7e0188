#include "letters/command_list.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/say.h"
#include "letters/translate.h"
#include "letters/translate_letter.h"
#include "model/settings.h"

struct count {
    size_t all, translated, stale;
};

/* A name or a number stays the same in every language; a paragraph left in the source's words is
 * not translated. */
static bool is_translated(const struct translate_letter *l, const struct unit *unit)
{
    const struct unit *target = translate_letter_target(l, unit);
    return target != NULL &&
           (strcmp(target->text, unit->text) != 0 || strchr(unit->text, ' ') == NULL);
}

static struct count count_units(const struct translate_letter *l)
{
    struct count c = {0, 0, 0};
    for (size_t i = 0; i < l->source.count; i++) {
        const struct unit *unit = &l->source.items[i];
        if (!unit->words)
            continue;
        c.all++;
        if (!is_translated(l, unit))
            continue;
        if (translate_letter_is_stale(l, unit))
            c.stale++;
        else
            c.translated++;
    }
    return c;
}

/* ---- printing ---- */

static void print_stale(const struct invocation *inv, const struct translate_letter *l)
{
    for (size_t i = 0; i < l->source.count; i++) {
        const struct unit *unit = &l->source.items[i];
        const struct unit *target = translate_letter_target(l, unit);
        if (target == NULL || !translate_letter_is_stale(l, unit))
            continue;
        struct place at = units_place(&l->target, target, 0);
        say(inv, stdout, "  %s:%d:%d: %s is older than its source\n", at.file, at.line, at.column,
            unit->id);
    }
}

static void print_json(const struct translate_letter *l, const struct count *c)
{
    const char *separator = "";
    printf("{\"v\":1,\"template\":\"%s\",\"language\":\"%s\",\"source\":\"%s\",\"paragraphs\":%zu,"
           "\"translated\":%zu,\"recorded\":%s,\"stale\":[",
           l->name, l->tag, l->source_tag, c->all, c->translated,
           translations_has(&l->record, l->tag) ? "true" : "false");
    for (size_t i = 0; i < l->source.count; i++) {
        const struct unit *unit = &l->source.items[i];
        if (!unit->words || translate_letter_target(l, unit) == NULL ||
            !translate_letter_is_stale(l, unit))
            continue;
        struct buf id = {0};
        buf_put_json(&id, unit->id);
        printf("%s%s", separator, buf_text(&id));
        separator = ",";
        buf_free(&id);
    }
    printf("]}\n");
}

static void print_letter(const struct invocation *inv, const struct translate_letter *l)
{
    struct count c = count_units(l);
    if (invocation_json(inv)) {
        print_json(l, &c);
        return;
    }
    size_t percent = c.all > 0 ? c.translated * 100 / c.all : 100;
    if (c.stale > 0)
        say(inv, stdout, "%-24s %-6s %3zu %%  %zu of %zu, %zu older than the source\n", l->name,
            l->tag, percent, c.translated, c.all, c.stale);
    else if (!translations_has(&l->record, l->tag))
        say(inv, stdout, "%-24s %-6s %3zu %%  %zu of %zu (age not recorded: see --accept)\n",
            l->name, l->tag, percent, c.translated, c.all);
    else
        say(inv, stdout, "%-24s %-6s %3zu %%  %zu of %zu\n", l->name, l->tag, percent, c.translated,
            c.all);
    print_stale(inv, l);
}

/* ---- all of them ---- */

/* Whoever says so has read them: every translation there is belongs to the source as it is. */
static int accept(struct translate_letter *l, struct error *err)
{
    bool *is_new = xcalloc(l->source.count + 1, sizeof(*is_new));
    for (size_t i = 0; i < l->source.count; i++)
        is_new[i] = l->source.items[i].words && is_translated(l, &l->source.items[i]);
    int rc = translate_letter_record(l, is_new, err);
    free(is_new);
    return rc;
}

static int show_language(const struct invocation *inv, const struct settings *settings,
                         const char *name, const char *tag, struct error *err)
{
    struct translate_letter l;
    const char *only = option_value(inv, "language");
    if (only != NULL && strcmp(only, tag) != 0)
        return 0;
    int rc = translate_letter_open(settings, name, tag, &l, err);
    if (rc == 0 && option_given(inv, "accept"))
        rc = accept(&l, err);
    if (rc == 0)
        print_letter(inv, &l);
    translate_letter_close(&l);
    return rc;
}

static int show_template(const struct invocation *inv, const struct settings *settings,
                         const char *name, struct error *err)
{
    char *directory = file_join(settings->templates, name), *source = NULL, *version = NULL;
    int rc = translate_source(directory, &source, &version, err);
    char **tags = rc == 0 ? translate_languages(directory, source) : NULL;
    for (size_t i = 0; tags != NULL && tags[i] != NULL; i++) {
        if (rc == 0)
            rc = show_language(inv, settings, name, tags[i], err);
        free(tags[i]);
    }
    free((void *)tags);
    free(version);
    free(source);
    free(directory);
    return rc;
}

static int visible(const struct dirent *entry)
{
    return strchr("._", entry->d_name[0]) == NULL;
}

static bool is_template(const struct settings *settings, const char *name)
{
    struct stat st;
    struct buf path = {0};
    buf_printf(&path, "%s/%s/template.yaml", settings->templates, name);
    bool yes = stat(buf_text(&path), &st) == 0;
    buf_free(&path);
    return yes;
}

static int show_all(const struct invocation *inv, const struct settings *settings,
                    struct error *err)
{
    struct dirent **names = NULL;
    int rc = 0, count = scandir(settings->templates, &names, visible, alphasort);
    if (count < 0)
        return error_errno(err, ERR_IO, "cannot read %s", settings->templates);
    for (int i = 0; i < count; i++) {
        if (rc == 0 && is_template(settings, names[i]->d_name))
            rc = show_template(inv, settings, names[i]->d_name, err);
        free(names[i]);
    }
    free((void *)names);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct settings *settings = NULL;
    int rc = translate_settings(inv, &settings, err);
    if (rc == 0 && argument_count(inv) == 0)
        rc = show_all(inv, settings, err);
    for (size_t i = 0; rc == 0 && i < argument_count(inv); i++)
        rc = show_template(inv, settings, argument_at(inv, i), err);
    translate_settings_free(settings);
    return rc;
}

static const struct option_row options[] = {
    {"language", 0, "LANG", "this one only"},
    {"accept", 0, NULL, "say of all that is translated that it fits the source as it is now"},
};

const struct command command_translate_status = {
    .name = "translate status",
    .arguments = "[TEMPLATE...]",
    .summary = "how much of each letter is translated, and what is older than its source",
    .example = "  dispatcher translate status\n"
               "  dispatcher translate status apology --language ko\n",
    .details = "Without TEMPLATE all letters. What a translation was made from stands in\n"
               "translations.yaml beside the letter; --accept writes it anew.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_max = 1000,
    .run = run,
};
