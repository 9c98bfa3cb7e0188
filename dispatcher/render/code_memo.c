#include "render/code_memo.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"

#define PLACES      256 /* a power of two */
#define WAYS        4   /* places one value can be in: hot ones must not drive each other out */
#define VALUE_MAX   64  /* longer values are not worth it */
#define TEXT_MAX    256
#define ZONE_MAX    48
#define MESSAGE_MAX 64

/* Known from letter to letter. */
struct lasting {
    const struct expression *expression; /* NULL: the place is free */
    const struct formatter *formatter;
    char zone[ZONE_MAX];
    json_type type;
    json_int_t number;
    size_t len;
    char value[VALUE_MAX];
    struct buf text;
};

/* Known while one message is made. */
struct passing {
    const struct expression *expression;
    const json_t *value;
    struct buf text;
};

struct code_memo {
    const struct formatter *formatter;
    const char *zone;
    struct lasting lasting[PLACES];
    struct passing passing[MESSAGE_MAX];
    size_t passing_count;
    size_t turn; /* which of the ways is given up next */
};

struct code_memo *code_memo_new(void)
{
    return xcalloc(1, sizeof(struct code_memo));
}

void code_memo_free(struct code_memo *memo)
{
    if (memo == NULL)
        return;
    for (size_t i = 0; i < PLACES; i++)
        buf_free(&memo->lasting[i].text);
    for (size_t i = 0; i < MESSAGE_MAX; i++)
        buf_free(&memo->passing[i].text);
    free(memo);
}

void code_memo_begin(struct code_memo *memo, const struct formatter *formatter, const char *zone)
{
    memo->formatter = formatter;
    memo->zone = zone != NULL ? zone : "";
    memo->passing_count = 0;
}

static bool can_last(const struct code_memo *memo, const json_t *value)
{
    bool fits =
        json_is_string(value) ? json_string_length(value) <= VALUE_MAX : json_is_integer(value);
    return fits && strlen(memo->zone) < ZONE_MAX;
}

/* FNV-1a. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* The first of its WAYS places. */
static size_t first_place(const struct code_memo *memo, const struct expression *expression,
                          const json_t *value)
{
    uint64_t hash = mix(UINT64_C(0xcbf29ce484222325), &expression, sizeof(expression));
    json_int_t number = json_integer_value(value);
    hash = mix(hash, &memo->formatter, sizeof(memo->formatter));
    hash = json_is_string(value) ? mix(hash, json_string_value(value), json_string_length(value))
                                 : mix(hash, &number, sizeof(number));
    return (hash >> 32) & (PLACES - WAYS);
}

static bool holds(const struct lasting *l, const struct code_memo *memo,
                  const struct expression *expression, const json_t *value)
{
    if (l->expression != expression || l->formatter != memo->formatter ||
        l->type != json_typeof(value) || strcmp(l->zone, memo->zone) != 0)
        return false;
    return json_is_string(value) ? l->len == json_string_length(value) &&
                                       memcmp(l->value, json_string_value(value), l->len) == 0
                                 : l->number == json_integer_value(value);
}

const struct buf *code_memo_find(const struct code_memo *memo, const struct expression *expression,
                                 const struct json_t *value)
{
    if (value == NULL)
        return NULL;
    if (can_last(memo, value)) {
        const struct lasting *l = &memo->lasting[first_place(memo, expression, value)];
        for (size_t i = 0; i < WAYS; i++)
            if (holds(&l[i], memo, expression, value))
                return &l[i].text;
        return NULL;
    }
    for (size_t i = 0; i < memo->passing_count; i++) {
        const struct passing *p = &memo->passing[i];
        if (p->expression == expression && p->value == value)
            return &p->text;
    }
    return NULL;
}

static void set_text(struct buf *to, const struct buf *text)
{
    buf_reset(to);
    buf_put(to, buf_text(text), text->len);
}

static void keep_lasting(struct code_memo *memo, const struct expression *expression,
                         const json_t *value, const struct buf *text)
{
    size_t way = memo->turn++ % WAYS;
    struct lasting *l = &memo->lasting[first_place(memo, expression, value) + way];
    l->expression = expression;
    l->formatter = memo->formatter;
    memcpy(l->zone, memo->zone, strlen(memo->zone) + 1);
    l->type = json_typeof(value);
    l->number = json_integer_value(value);
    l->len = json_string_length(value);
    if (l->len > 0)
        memcpy(l->value, json_string_value(value), l->len);
    set_text(&l->text, text);
}

void code_memo_keep(struct code_memo *memo, const struct expression *expression,
                    const struct json_t *value, const struct buf *text)
{
    if (value == NULL || text->len > TEXT_MAX)
        return;
    if (can_last(memo, value)) {
        keep_lasting(memo, expression, value, text);
    } else if (memo->passing_count < MESSAGE_MAX) {
        struct passing *p = &memo->passing[memo->passing_count++];
        p->expression = expression;
        p->value = value;
        set_text(&p->text, text);
    }
}
