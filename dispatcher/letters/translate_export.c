#include "letters/command_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "letters/translate.h"
#include "letters/translate_letter.h"
#include "letters/translate_po.h"
#include "model/settings.h"

/* Languages without a singular of their own; the others are counted like English. Letters have no
 * plural forms, but translators' tools want to be told. */
static const char *plural_forms(const char *tag)
{
    static const char *const one_form[] = {"ko", "ja", "zh", "th", "vi", "id"};
    size_t len = strcspn(tag, "-");
    for (size_t i = 0; i < COUNT_OF(one_form); i++)
        if (strlen(one_form[i]) == len && strncmp(one_form[i], tag, len) == 0)
            return "nplurals=1; plural=0;";
    return "nplurals=2; plural=(n != 1);";
}

/* No date: the same letter gives the same file. */
static void put_header(const struct translate_letter *l, struct buf *out)
{
    struct buf text = {0};
    buf_printf(&text,
               "Project-Id-Version: %s %s\n"
               "PO-Revision-Date: \n"
               "Last-Translator: \n"
               "Language-Team: %s\n"
               "Language: %s\n"
               "MIME-Version: 1.0\n"
               "Content-Type: text/plain; charset=UTF-8\n"
               "Content-Transfer-Encoding: 8bit\n"
               "Plural-Forms: %s\n"
               "X-Source-Language: %s\n"
               "X-Dispatcher-Template: %s\n",
               l->name, l->version, l->tag, l->tag, plural_forms(l->tag), l->source_tag, l->name);
    po_put_text(out, "msgid", "");
    po_put_text(out, "msgstr", buf_text(&text));
    buf_free(&text);
}

static const char *kind_name(const struct unit *unit)
{
    switch (unit->kind) {
    case UNIT_FIELD:
        return "front matter";
    case UNIT_HEADING:
        return "heading";
    case UNIT_PARAGRAPH:
        return "paragraph";
    case UNIT_ITEM:
        return "item of a list";
    }
    return "";
}

static void put_entry(const struct translate_letter *l, const struct unit *unit, struct buf *out)
{
    char hash[UNIT_HASH_SIZE];
    const struct unit *target = translate_letter_target(l, unit);
    struct place at = units_place(&l->source, unit, 0);
    bool doubtful = target != NULL &&
                    (!translate_letter_aligned(l, unit) || translate_letter_is_stale(l, unit));
    unit_hash(unit, hash);
    buf_printf(out, "\n#. %s\n#. source %s\n#: %s:%d\n%s", kind_name(unit), hash, at.file, at.line,
               doubtful ? "#, fuzzy\n" : "");
    po_put_text(out, "msgctxt", unit->id);
    po_put_text(out, "msgid", unit->text);
    po_put_text(out, "msgstr", target != NULL ? target->text : "");
}

static int run(const struct invocation *inv, struct error *err)
{
    struct settings *settings = NULL;
    struct translate_letter l = {0};
    struct buf out = {0};
    int rc = translate_settings(inv, &settings, err);
    if (rc == 0)
        rc = translate_letter_open(settings, argument_at(inv, 0), argument_at(inv, 1), &l, err);
    if (rc == 0) {
        put_header(&l, &out);
        for (size_t i = 0; i < l.source.count; i++)
            if (l.source.items[i].words)
                put_entry(&l, &l.source.items[i], &out);
        fwrite(buf_text(&out), 1, out.len, stdout);
    }
    buf_free(&out);
    translate_letter_close(&l);
    translate_settings_free(settings);
    return rc;
}

const struct command command_translate_export = {
    .name = "translate export",
    .arguments = "TEMPLATE LANG",
    .summary = "print a letter as a PO file for translators",
    .example = "  dispatcher translate export apology ko >apology-ko.po\n",
    .details =
        "One entry for each heading, paragraph and list item, and for subject, preheader, sms and\n"
        "title; its context is the section and the number in it. What is translated already is\n"
        "there, marked fuzzy where the source has changed since. Passages of several letters\n"
        "(_partials) are translated by hand.",
    .arguments_min = 2,
    .arguments_max = 2,
    .no_json = "a PO file",
    .run = run,
};
