#include "operator/selected.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "cli/session.h"
#include "model/json.h"

/* More are not typed again one by one. */
#define IDS_TYPED 5

/* ---- gathering ---- */

static void add(struct selected *s, const char *id, const char *channel)
{
    if ((s->count & (s->count - 1)) == 0) /* 0, 1, 2, 4, 8 ... are full */
        s->at = xreallocarray(s->at, s->count > 0 ? s->count * 2 : 1, sizeof(*s->at));
    s->at[s->count++] = (struct selected_one){.id = xstrdup(id), .channel = xstrdup(channel)};
}

static int add_json(struct selected *s, const char *line, size_t len, int number, struct error *err)
{
    struct json_t *row = NULL;
    int rc = json_parse(line, len, "standard input", number, 8, &row, err);
    const char *id = json_get_text(row, "id", NULL);
    if (rc == 0 && id == NULL)
        rc = error_set(err, ERR_INPUT,
                       "standard input, line %d: an object without \"id\"; lines are ids, or what "
                       "`dispatcher queue --json` prints",
                       number);
    if (rc == 0)
        add(s, id, json_get_text(row, "channel", NULL));
    json_free(row);
    return rc;
}

static int add_line(struct selected *s, char *line, int number, struct error *err)
{
    char *begin = line + strspn(line, " \t\r\n");
    size_t len = strlen(begin);
    while (len > 0 && strchr(" \t\r\n", begin[len - 1]) != NULL)
        len--;
    begin[len] = '\0';
    if (begin[0] == '{')
        return add_json(s, begin, len, number, err);
    if (len > 0)
        add(s, begin, NULL);
    return 0;
}

static int add_input(struct selected *s, struct error *err)
{
    char *line = NULL;
    size_t size = 0;
    int rc = 0;
    for (int number = 1; rc == 0 && getline(&line, &size, stdin) >= 0; number++)
        rc = add_line(s, line, number, err);
    free(line);
    return rc;
}

/* ---- each once ---- */

static int compare(const void *a, const void *b)
{
    const struct selected_one *x = *(const struct selected_one *const *)a;
    const struct selected_one *y = *(const struct selected_one *const *)b;
    int order = strcmp(x->id, y->id);
    if (order == 0)
        order = strcmp(x->channel != NULL ? x->channel : "", y->channel != NULL ? y->channel : "");
    return order != 0 ? order : (x > y) - (x < y); /* the first of equal ones stays */
}

static bool same(const struct selected_one *a, const struct selected_one *b)
{
    return strcmp(a->id, b->id) == 0 && text_equal(a->channel, b->channel);
}

static void clear_one(struct selected_one *one)
{
    free(one->id);
    free(one->channel);
    *one = (struct selected_one){0};
}

static void drop_repeated(struct selected *s)
{
    struct selected_one **order = xcalloc(s->count + 1, sizeof(struct selected_one *));
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++)
        order[i] = &s->at[i];
    qsort(order, s->count, sizeof(struct selected_one *), compare);
    struct selected_one *last = s->count > 0 ? order[0] : NULL;
    for (size_t i = 1; i < s->count; i++) {
        if (same(last, order[i]))
            clear_one(order[i]);
        else
            last = order[i];
    }
    free(order);
    for (size_t i = 0; i < s->count; i++) {
        if (s->at[i].id != NULL)
            s->at[kept++] = s->at[i];
    }
    s->count = kept;
}

/* ---- the interface ---- */

int selected_read(const struct invocation *inv, struct selected *out, struct error *err)
{
    const char *id = option_value(inv, "id");
    int rc = 0;
    *out = (struct selected){.named = id != NULL || argument_count(inv) > 0};
    if (id != NULL)
        add(out, id, NULL);
    for (size_t i = 0; rc == 0 && i < argument_count(inv); i++) {
        if (strcmp(argument_at(inv, i), "-") == 0)
            rc = add_input(out, err);
        else
            add(out, argument_at(inv, i), NULL);
    }
    drop_repeated(out);
    return rc;
}

void selected_clear(struct selected *s)
{
    for (size_t i = 0; i < s->count; i++)
        clear_one(&s->at[i]);
    free(s->at);
    *s = (struct selected){0};
}

bool selected_put(const struct selected *s, const struct invocation *inv, size_t index,
                  struct buf *out)
{
    if (!s->named && index == 0)
        request_put_selector(out, inv, NULL);
    if (!s->named)
        return index == 0;
    if (index >= s->count)
        return false;
    request_put_selector_of(out, inv, s->at[index].id, s->at[index].channel);
    return true;
}

/* ---- to be typed ---- */

/* As a shell reads it. */
static void put_word(struct buf *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_.:@+/,";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        buf_puts(out, word);
        return;
    }
    buf_putc(out, '\'');
    for (; *word != '\0'; word++)
        buf_puts(out, *word == '\'' ? "'\\''" : (const char[]){*word, '\0'});
    buf_putc(out, '\'');
}

void selected_put_words(const struct selected *s, const struct invocation *inv, struct buf *out)
{
    static const char *const names[] = {"campaign", "batch",  "template",  "channel",
                                        "locale",   "domain", "older-than"};
    for (size_t i = 0; i < s->count && s->count <= IDS_TYPED; i++) {
        buf_putc(out, ' ');
        put_word(out, s->at[i].id);
    }
    if (s->count > IDS_TYPED)
        buf_puts(out, " -");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!option_given(inv, names[i]))
            continue;
        buf_printf(out, " --%s ", names[i]);
        put_word(out, option_value(inv, names[i]));
    }
}
