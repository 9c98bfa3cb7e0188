#include "letters/command_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/say.h"
#include "letters/translate.h"
#include "letters/translate_letter.h"
#include "letters/translate_po.h"
#include "model/settings.h"

#define PO_SIZE_MAX (1024 * 1024)

struct import {
    const char *file; /* the PO file */
    struct po po;
    struct translate_letter letter;
    const char **words; /* for each unit of the source: what stands there now */
    bool *is_new;       /* for each: it comes from the file, and its source is the present one */
    size_t used, fuzzy, empty, outdated;
};

/* ---- which entries count ---- */

static const struct po_entry *find_entry(const struct import *im, const char *id)
{
    for (size_t i = 0; i < im->po.count; i++)
        if (strcmp(im->po.entries[i].context, id) == 0 && im->po.entries[i].source[0] != '\0')
            return &im->po.entries[i];
    return NULL;
}

/* The same words, wherever their lines end. */
static bool is_current(const struct po_entry *entry, const struct unit *unit)
{
    char now[UNIT_HASH_SIZE], then[UNIT_HASH_SIZE];
    const struct unit was = {.text = entry->source};
    unit_hash(unit, now);
    unit_hash(&was, then);
    return strcmp(now, then) == 0;
}

static bool is_used(struct import *im, const struct po_entry *entry, const struct unit *unit)
{
    if (entry == NULL || entry->translation[0] == '\0')
        im->empty++;
    else if (entry->fuzzy)
        im->fuzzy++;
    else if (!is_current(entry, unit))
        im->outdated++;
    else
        return true;
    return false;
}

/* A letter that has other paragraphs than its source is laid out anew: what stands in such a
 * section now must come with the file, or it would be lost. */
static int check_loss(const struct import *im, size_t i, struct error *err)
{
    const struct unit *unit = &im->letter.source.items[i];
    struct place at = units_place(&im->letter.source, unit, 0);
    if (!im->letter.exists || im->letter.aligned || im->is_new[i] || !unit->words ||
        translate_letter_aligned(&im->letter, unit))
        return 0;
    return error_set(err, ERR_INPUT,
                     "%s:%d:%d: in this section %s has other paragraphs: give them the same order "
                     "first, or translate all entries of the section",
                     at.file, at.line, at.column, im->letter.path);
}

/* A section of its own has no place in a letter that is laid out like the source. */
static int check_sections(const struct import *im, struct error *err)
{
    const struct translate_letter *l = &im->letter;
    for (size_t i = 0; i < l->target.count; i++) {
        const struct unit *unit = &l->target.items[i];
        struct place at = units_place(&l->target, unit, 0);
        bool known = false;
        for (size_t k = 0; k < l->source.count; k++)
            known = known || strcmp(l->source.items[k].section, unit->section) == 0;
        if (!known)
            return error_set(err, ERR_INPUT,
                             "%s:%d:%d: \"%s\" is not in %s and would be lost: remove it, or write "
                             "it there too",
                             at.file, at.line, at.column, unit->section, l->source_path);
    }
    return 0;
}

static int choose(struct import *im, struct error *err)
{
    int rc = 0;
    const struct units *source = &im->letter.source;
    im->words = xcalloc(source->count + 1, sizeof(*im->words));
    im->is_new = xcalloc(source->count + 1, sizeof(*im->is_new));
    for (size_t i = 0; i < source->count; i++) {
        const struct unit *unit = &source->items[i];
        const struct unit *target = translate_letter_target(&im->letter, unit);
        const struct po_entry *entry = find_entry(im, unit->id);
        im->words[i] = target != NULL ? target->text : unit->text;
        if (!unit->words || !is_used(im, entry, unit))
            continue;
        im->words[i] = entry->translation;
        im->is_new[i] = true;
        im->used++;
    }
    for (size_t i = 0; rc == 0 && i < source->count; i++)
        rc = check_loss(im, i, err);
    return rc;
}

/* ---- the letter ---- */

/* The letter there is keeps its notes and the way it is laid out; a new one, or one that has other
 * paragraphs, is laid out like the source. */
static const struct units *frame_of(const struct import *im)
{
    return im->letter.aligned ? &im->letter.target : &im->letter.source;
}

static void write_letter(const struct import *im, struct buf *out)
{
    const struct units *frame = frame_of(im), *source = &im->letter.source;
    const char *text = buf_text(&frame->source);
    size_t at = 0;
    for (size_t i = 0; i < frame->count; i++) {
        const struct unit *place = &frame->items[i];
        size_t index = 0;
        while (index < source->count && strcmp(source->items[index].id, place->id) != 0)
            index++;
        if (index == source->count || !source->items[index].words ||
            strcmp(im->words[index], place->text) == 0)
            continue;
        buf_put(out, text + at, place->start - at);
        if (place->kind == UNIT_FIELD)
            buf_put_json(out, im->words[index]);
        else
            buf_puts(out, im->words[index]);
        at = place->end;
    }
    buf_put(out, text + at, frame->source.len - at);
}

/* Words that look like Markdown ("- ", "# ") or hold a line break would be read as something
 * else. */
static int check_letter(const struct import *im, const struct buf *letter, struct error *err)
{
    struct units read;
    int rc = 0;
    units_split(buf_text(letter), letter->len, im->letter.path, &read);
    for (size_t i = 0; rc == 0 && i < im->letter.source.count; i++) {
        const struct unit *unit = &im->letter.source.items[i];
        const struct unit *now = units_find(&read, unit->id);
        const struct po_entry *entry = find_entry(im, unit->id);
        if (im->is_new[i] &&
            (now == NULL || now->kind != unit->kind || strcmp(now->text, im->words[i]) != 0))
            rc = error_set(err, ERR_INPUT,
                           "%s:%d:1: this translation cannot stand in the letter as it is: a %s "
                           "is one line and does not begin with #, -, > or a number and a dot",
                           im->file, entry->line,
                           unit->kind == UNIT_HEADING ? "heading" : "paragraph");
    }
    if (rc == 0 && read.count != frame_of(im)->count)
        rc = error_set(err, ERR_INPUT, "%s:1:1: these translations change how %s is laid out",
                       im->file, im->letter.path);
    units_free(&read);
    return rc;
}

/* ---- the file ---- */

static int open_letter(struct import *im, const struct settings *settings, struct error *err)
{
    char *name = po_header(&im->po, "X-Dispatcher-Template"), *tag = po_header(&im->po, "Language");
    int rc = name != NULL && tag != NULL
                 ? translate_letter_open(settings, name, tag, &im->letter, err)
                 : error_set(err, ERR_INPUT,
                             "%s:1:1: the header lacks X-Dispatcher-Template or Language: begin "
                             "with `dispatcher translate export`",
                             im->file);
    free(name);
    free(tag);
    return rc;
}

static int read_file(struct import *im, struct error *err)
{
    struct buf text = {0};
    int rc = file_read_path(im->file, PO_SIZE_MAX, &text, err);
    if (rc == 0)
        rc = po_parse(buf_text(&text), text.len, im->file, &im->po, err);
    buf_free(&text);
    return rc;
}

static int write_files(struct import *im, struct error *err)
{
    struct buf letter = {0};
    int rc = choose(im, err);
    if (rc == 0)
        rc = check_sections(im, err);
    if (rc == 0)
        write_letter(im, &letter);
    if (rc == 0 && im->used > 0)
        rc = check_letter(im, &letter, err);
    if (rc == 0 && im->used > 0)
        rc = file_replace(im->letter.path, buf_text(&letter), letter.len, err);
    if (rc == 0 && im->used > 0)
        rc = translate_letter_record(&im->letter, im->is_new, err);
    buf_free(&letter);
    return rc;
}

static void print_result(const struct invocation *inv, const struct import *im)
{
    struct buf path = {0};
    buf_put_json(&path, im->letter.path);
    if (invocation_json(inv))
        printf("{\"v\":1,\"file\":%s,\"used\":%zu,\"fuzzy\":%zu,\"untranslated\":%zu,"
               "\"outdated\":%zu}\n",
               buf_text(&path), im->used, im->fuzzy, im->empty, im->outdated);
    else
        say(inv, stdout,
            "%s: %zu used; not used: %zu fuzzy, %zu untranslated, %zu of an older source\n",
            im->letter.path, im->used, im->fuzzy, im->empty, im->outdated);
    buf_free(&path);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct settings *settings = NULL;
    struct import im = {.file = argument_at(inv, 0)};
    int rc = translate_settings(inv, &settings, err);
    if (rc == 0)
        rc = read_file(&im, err);
    if (rc == 0)
        rc = open_letter(&im, settings, err);
    if (rc == 0)
        rc = write_files(&im, err);
    if (rc == 0)
        print_result(inv, &im);
    free((void *)im.words);
    free(im.is_new);
    po_free(&im.po);
    translate_letter_close(&im.letter);
    translate_settings_free(settings);
    return rc;
}

const struct command command_translate_import = {
    .name = "translate import",
    .arguments = "FILE.po",
    .summary = "write a letter from the PO file a translator sent back",
    .example = "  dispatcher translate import apology-ko.po\n",
    .details =
        "Only entries that are translated, not fuzzy, and made from the present source are used;\n"
        "everything else stays as it is. What was translated from which state of the source is\n"
        "kept in translations.yaml beside the letter. Run `dispatcher check` afterwards.",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
