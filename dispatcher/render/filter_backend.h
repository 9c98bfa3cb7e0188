/* What the functions of the filters have in common, for those who write one; filter.h is for those
 * who use them. */
#ifndef RENDER_FILTER_BACKEND_H
#define RENDER_FILTER_BACKEND_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "render/filter.h"
#include "render/numbers.h"

typedef int filter_apply_fn(struct filter_value *value, const char *argument,
                            struct formatter *formatter, struct error *err);
typedef bool filter_argument_fn(const char *argument);

/* filter_language.c: what depends on the reader's language. */
filter_apply_fn filter_apply_date, filter_apply_time, filter_apply_number, filter_apply_compact,
    filter_apply_currency, filter_apply_phone, filter_apply_list, filter_apply_upper_first;
filter_argument_fn filter_date_ok, filter_time_ok, filter_number_ok, filter_compact_ok,
    filter_currency_ok, filter_list_ok;
/* filter_text.c: what makes another text of any text. */
filter_apply_fn filter_apply_josa, filter_apply_mask, filter_apply_nbsp, filter_apply_trunc_bytes,
    filter_apply_default;
filter_argument_fn filter_mask_ok, filter_trunc_bytes_ok;
/* filter_choice.c: words chosen by a value. */
filter_apply_fn filter_apply_select, filter_apply_plural;
filter_argument_fn filter_select_ok, filter_plural_ok;

/* The value is `text` from now on; takes its memory. */
void filter_set_text(struct filter_value *value, struct buf *text);
void filter_set_absent(struct filter_value *value);
/* The end of a filter: its text takes the place of the value if all went well. Frees it. */
int filter_finish(struct filter_value *value, struct buf *text, int rc);
/* Absent or null: nothing a filter could change; `default` or the caller decides what that means.
 */
bool filter_is_nothing(const struct filter_value *value);
/* NULL if the value is not text. Borrowed. */
const char *filter_text_of(const struct filter_value *value);
/* False if the value is not a number. */
bool filter_quantity_of(const struct filter_value *value, struct quantity *out);
/* ERR_INPUT: what the filter needs, and what it got. */
int filter_refuse(const struct filter_value *value, const char *needs, struct error *err);
/* ERR_INPUT if there is none: the filter works in letters only. */
int filter_need_formatter(const struct formatter *formatter, const char *filter, struct error *err);
bool filter_takes_no_argument(const char *argument);
/* Absent, empty, or exactly this word. */
bool filter_argument_is(const char *argument, const char *word);

#endif
