/* Between value.c and value_list.c: what single values and lists of them share. */
#ifndef CONFIG_VALUE_PARTS_H
#define CONFIG_VALUE_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "config/load.h"
#include "config/params.h"

/* A problem that begins with the key. */
void value_complain(struct load *l, const struct setting *s, const char *what);
bool value_is_one_line(const char *text);
/* Nothing, or what YAML calls null. */
bool value_is_empty(const struct yaml_node *node);
/* False after a problem. */
bool value_integer_in_range(struct load *l, const struct setting *s, const char *text,
                            int64_t *out);
bool value_duration_in_range(struct load *l, const struct setting *s, const char *text,
                             int64_t *out_ms);
void value_put_word(struct buf *out, const char *text, bool json);
void value_put_time(struct buf *out, int64_t ms, bool json);

void value_read_list(struct load *l, const struct setting *s);
void value_read_schedule(struct load *l, const struct setting *s);
void value_read_limits(struct load *l, const struct setting *s);
void value_show_list(const struct setting *s, bool json, struct buf *out);
void value_show_schedule(const struct setting *s, bool json, struct buf *out);
void value_show_limits(const struct setting *s, bool json, struct buf *out);

#endif
