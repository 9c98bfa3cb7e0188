#include "letters/check_personal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/fact_value.h"
#include "model/job.h"
#include "model/json.h"
#include "people/known_columns.h"

void personal_find(const struct library *l, int template_index, struct audience *a,
                   struct personal *out)
{
    struct library_variable v;
    *out = (struct personal){.audience = a};
    for (size_t i = 0; library_template_variable(l, template_index, i, &v); i++) {
        enum cell_kind kind = known_columns_kind(v.type);
        size_t column = audience_column(a, v.name);
        bool fits = kind != CELL_LANGUAGES && kind != CELL_UNFIT && out->count < PERSONAL_MAX;
        if (column != AUDIENCE_NO_COLUMN && fits) {
            out->items[out->count].name = v.name;
            out->items[out->count].kind = kind;
            out->items[out->count++].column = column;
            continue;
        }
        out->others = xreallocarray(out->others, out->other_count + 1, sizeof(*out->others));
        out->others[out->other_count++] = v.name;
    }
}

void personal_free(struct personal *p)
{
    free(p->others);
    *p = (struct personal){0};
}

/* NULL: empty, or not of its type. */
static struct json_t *value_of(const struct personal *p, size_t index)
{
    struct buf cell = {0}, clean = {0}, text = {0};
    struct cell_fault fault;
    struct json_t *value = NULL;
    audience_put_cell(p->audience, p->items[index].column, &cell);
    cell_clean(buf_text(&cell), cell.len, &clean);
    bool good = clean.len > 0 &&
                cell_put_json(&text, p->items[index].kind, buf_text(&clean), false, &fault) &&
                json_parse(buf_text(&text), text.len, "cell", 1, JOB_DEPTH_MAX, &value, NULL) == 0;
    buf_free(&cell);
    buf_free(&clean);
    buf_free(&text);
    return good ? value : NULL;
}

struct json_t *personal_data(const struct personal *p, const struct json_t *data)
{
    struct json_t *out =
        data != NULL ? fact_value_pick(data, p->others, p->other_count) : fact_value_object();
    for (size_t i = 0; i < p->count; i++) {
        struct json_t *value = value_of(p, i);
        if (value != NULL)
            fact_value_put(out, p->items[i].name, value);
    }
    return out;
}

static bool is_whole(const struct personal *p, const struct json_t *data)
{
    for (size_t i = 0; i < p->count; i++)
        if (fact_value_at(data, p->items[i].name) == NULL)
            return false;
    return true;
}

struct json_t *personal_sample(const struct library *l, int template_index, const char *path,
                               const struct json_t *data)
{
    struct audience *a = NULL;
    struct audience_person one;
    struct personal p = {0};
    struct json_t *out = NULL;
    bool more = true, whole = false;
    if (path == NULL || audience_open(path, &a, NULL) != 0)
        return NULL;
    personal_find(l, template_index, a, &p);
    while (p.count > 0 && !whole && audience_next(a, IDENTITY_ID, &one, &more, NULL) == 0 && more) {
        if (one.problem != NULL)
            continue;
        json_free(out);
        out = personal_data(&p, data);
        whole = is_whole(&p, out);
    }
    personal_free(&p);
    audience_close(a);
    return out;
}
