#include "desk/enqueue_inline.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/id.h"
#include "base/text.h"
#include "model/batch.h"
#include "people/fault.h"
#include "render/library.h"

static const struct {
    const char *option, *member;
} members[] = {
    {"locale", "locale"},         {"priority", "priority"},     {"category", "category"},
    {"not-before", "not_before"}, {"expires-at", "expires_at"},
};

/* ---- the id ---- */

/* "Kunden März.csv" is Kunden-M-rz. Two files may become the same: then the second is refused. */
static void put_stem(const char *table, struct buf *out)
{
    const char *slash = strrchr(table, '/');
    const char *name = slash != NULL ? slash + 1 : table, *dot = strrchr(name, '.');
    size_t len = dot != NULL && dot > name ? (size_t)(dot - name) : strlen(name);
    for (size_t i = 0; i < len; i++) {
        bool good = id_valid(name + i, 1) || name[i] == '-';
        if (good)
            buf_putc(out, name[i]);
        else if (out->len > 0 && out->data[out->len - 1] != '-')
            buf_putc(out, '-');
    }
    while (out->len > 0 && out->data[out->len - 1] == '-')
        out->len--;
}

static int put_own_id(const char *letter, const char *table, struct buf *out, struct error *err)
{
    struct buf stem = {0};
    put_stem(table, &stem);
    bool named = stem.len > 0;
    buf_printf(out, "%s-", letter);
    buf_put(out, buf_text(&stem), stem.len);
    buf_free(&stem);
    if (named && out->len <= BATCH_ID_MAX)
        return 0;
    return error_set(err, ERR_USAGE,
                     "the name of %s makes no id for the batch: say one with --id. By it a "
                     "repetition is known as one",
                     table);
}

static int put_id(const struct invocation *inv, const char *table, struct buf *out,
                  struct error *err)
{
    const char *id = option_value(inv, "id"), *campaign = option_value(inv, "campaign");
    if (id == NULL && campaign != NULL) {
        size_t len = strlen(campaign);
        if (len > BATCH_ID_MAX || !id_valid(campaign, len))
            return error_set(err, ERR_USAGE,
                             "with --template, --campaign is a name of letters, digits, _ or -, "
                             "not \"%s\"; a campaign that stands in a file names its letter "
                             "itself: leave --template out",
                             campaign);
        id = campaign;
    }
    if (id == NULL)
        return put_own_id(option_value(inv, "template"), table, out, err);
    buf_puts(out, id);
    return 0;
}

/* ---- the batch ---- */

static int find_letter(const struct setup *s, const char *name, struct error *err)
{
    if (library_find_template(s->library, name) >= 0)
        return 0;
    struct error draft;
    if (library_refuse_letter(s->library, name, &draft) != 0)
        return error_set(err, ERR_INPUT, "--template: %s", draft.text);
    const char *meant = library_closest_template(s->library, name);
    return error_set(err, ERR_INPUT, "--template: there is no letter \"%s\"%s%s%s", name,
                     meant != NULL ? "; did you mean \"" : "", meant != NULL ? meant : "",
                     meant != NULL ? "\"?" : "");
}

static void put_member(struct buf *out, const char *name, const char *text)
{
    if (text == NULL)
        return;
    buf_printf(out, ",\"%s\":", name);
    buf_put_json(out, text);
}

/* "row:1:58: "not_before" must be ..." in the words of whoever typed --not-before. */
static int tell_option(const struct error *why, struct error *err)
{
    const char *sentence;
    struct buf name = {0};
    fault_split_position(why->text, &sentence);
    size_t len = *sentence == '"' ? strcspn(sentence + 1, "\"") : 0;
    for (size_t i = 0; i < len; i++)
        buf_putc(&name, sentence[1 + i] == '_' ? '-' : sentence[1 + i]);
    int rc = len > 0 ? error_set(err, ERR_USAGE, "--%s%s", buf_text(&name), sentence + len + 2)
                     : error_set(err, ERR_USAGE, "%s", sentence);
    buf_free(&name);
    return rc;
}

static int check(const struct buf *text, struct error *err)
{
    struct batch *batch = NULL;
    struct error why;
    int rc = batch_parse(buf_text(text), text->len, FAULT_SHOWN, false, &batch, &why);
    batch_free(batch);
    return rc == 0 ? 0 : tell_option(&why, err);
}

const char *enqueue_inline_given(const struct invocation *inv)
{
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        if (option_given(inv, members[i].option))
            return members[i].option;
    }
    return option_given(inv, "id") ? "id" : NULL;
}

int enqueue_inline_put(const struct invocation *inv, const struct setup *s, const char *table,
                       struct buf *out, struct error *err)
{
    const char *letter = option_value(inv, "template");
    struct buf id = {0};
    int rc = find_letter(s, letter, err);
    if (rc == 0)
        rc = put_id(inv, table, &id, err);
    buf_puts(out, "{\"version\":1");
    put_member(out, "id", buf_text(&id));
    put_member(out, "template", letter);
    put_member(out, "campaign", option_value(inv, "campaign"));
    for (size_t i = 0; i < COUNT_OF(members); i++)
        put_member(out, members[i].member, option_value(inv, members[i].option));
    buf_putc(out, '}');
    buf_free(&id);
    return rc == 0 ? check(out, err) : rc;
}
