/*
 * What filters made of values, private to render/. ICU is the dearest part of a letter; text and
 * HTML say the same, and a day, a number of people or a sum is the same in a million letters.
 *
 *   texts and whole numbers   are known by tag, content, language and zone, from letter to letter:
 *                             a fixed number of places, the later one takes a place that is taken
 *   lists and everything else are known by tag and address while one message is made
 */
#ifndef RENDER_CODE_MEMO_H
#define RENDER_CODE_MEMO_H

#include "base/buf.h"

struct code_memo;
struct expression;
struct formatter;
struct json_t;

struct code_memo *code_memo_new(void);
void code_memo_free(struct code_memo *memo);
/* Another message begins: addresses mean nothing any more. `zone` NULL: the language's own. Both
 * are borrowed until the next one. */
void code_memo_begin(struct code_memo *memo, const struct formatter *formatter, const char *zone);
/* NULL if it is not known; else borrowed until the next call. */
const struct buf *code_memo_find(const struct code_memo *memo, const struct expression *expression,
                                 const struct json_t *value);
void code_memo_keep(struct code_memo *memo, const struct expression *expression,
                    const struct json_t *value, const struct buf *text);

#endif
