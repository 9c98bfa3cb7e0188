#include "operator/route_expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "cli/say.h"

#define KEY_MAX ((size_t)32)

/* Whatever can be expected: route_decisions_add() is called with these. */
static const char *const keys[] = {
    "rule",   "template",  "category",        "locale",        "fallback",         "channels",
    "method", "transport", "transport.email", "transport.sms", "transport.webhook"};

/* ---- what was decided ---- */

void route_decisions_add(struct route_decisions *d, const char *key, const char *value,
                         const char *where)
{
    d->items = xreallocarray(d->items, d->count + 1, sizeof(*d->items));
    d->items[d->count++] = (struct route_decision){
        .key = key, .value = xstrdup(value), .where = where != NULL ? xstrdup(where) : NULL};
}

void route_decisions_clear(struct route_decisions *d)
{
    for (size_t i = 0; i < d->count; i++) {
        free(d->items[i].value);
        free(d->items[i].where);
    }
    free(d->items);
    *d = (struct route_decisions){0};
}

/* ---- what is expected ---- */

static int check_key(const char *word, struct error *err)
{
    struct buf all = {0};
    size_t len = strcspn(word, "=");
    char name[KEY_MAX] = "";
    if (len < sizeof(name))
        memcpy(name, word, len);
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (word[len] == '=' && word[len + 1] != '\0' && strcmp(keys[i], name) == 0) {
            buf_free(&all);
            return 0;
        }
        text_put_choice(&all, keys[i], i, COUNT_OF(keys));
    }
    int rc =
        error_set(err, ERR_USAGE, "--expect wants KEY=VALUE with one of the keys %s, not \"%s\"",
                  buf_text(&all), word);
    buf_free(&all);
    return rc;
}

int route_expect_check(const struct invocation *inv, struct error *err)
{
    size_t at = 0;
    const char *word;
    int rc = 0;
    while (rc == 0 && (word = option_next(inv, "expect", &at)) != NULL)
        rc = check_key(word, err);
    return rc;
}

/* "email,sms" and "email, sms" are the same. */
static bool is_same(const char *wanted, const char *value)
{
    for (; *wanted != '\0' || *value != '\0'; wanted++, value++) {
        wanted += strspn(wanted, " ");
        value += strspn(value, " ");
        if (*wanted != *value)
            return false;
        if (*wanted == '\0')
            return true;
    }
    return true;
}

/* Of several of this name one that is as wanted, or else the first; NULL: it was not decided. */
static const struct route_decision *find(const struct route_decisions *d, const char *word,
                                         bool *out_met)
{
    const struct route_decision *first = NULL;
    size_t len = strcspn(word, "=");
    *out_met = false;
    for (size_t i = 0; i < d->count; i++) {
        const struct route_decision *one = &d->items[i];
        if (strlen(one->key) != len || memcmp(one->key, word, len) != 0)
            continue;
        *out_met = is_same(word + len + 1, one->value);
        if (*out_met)
            return one;
        first = first != NULL ? first : one;
    }
    return first;
}

/* ---- telling ---- */

static void tell_json(const char *word, const struct route_decision *found, bool met)
{
    struct buf line = {0};
    buf_puts(&line, "{\"v\":1,\"where\":");
    buf_put_json(&line, found != NULL ? found->where : NULL);
    buf_puts(&line, ",\"step\":\"expect\",\"text\":");
    buf_put_json(&line, word);
    buf_printf(&line, ",\"met\":%s,\"is\":", met ? "true" : "false");
    buf_put_json(&line, found != NULL ? found->value : NULL);
    printf("%s}\n", buf_text(&line));
    buf_free(&line);
}

static void tell_text(const struct invocation *inv, const char *word,
                      const struct route_decision *found)
{
    if (found == NULL)
        say(inv, stderr, "expected %s, but nothing of this kind is decided for this notice\n",
            word);
    else if (found->where == NULL)
        say(inv, stderr, "expected %s, but it is %s, which nobody wrote anywhere\n", word,
            found->value);
    else
        say(inv, stderr, "expected %s, but it is %s: %s decides that\n", word, found->value,
            found->where);
}

int route_expect_tell(const struct invocation *inv, const struct route_decisions *d)
{
    size_t at = 0;
    const char *word;
    bool met, all = true;
    while ((word = option_next(inv, "expect", &at)) != NULL) {
        const struct route_decision *found = find(d, word, &met);
        if (invocation_json(inv))
            tell_json(word, found, met);
        else if (!met)
            tell_text(inv, word, found);
        all = all && met;
    }
    return all ? 0 : 1;
}
