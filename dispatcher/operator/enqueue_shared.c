#include "operator/enqueue_shared.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "model/json.h"
#include "operator/enqueue_fault.h"

/* "/data/order" of the sentence "/data/order/number must be ...". False: it is about another
 * member. */
static bool put_top(const char *sentence, struct buf *out)
{
    static const char data[] = "/data/";
    if (!text_starts_with(sentence, data))
        return false;
    buf_put(out, sentence, strlen(data) + strcspn(sentence + strlen(data), " :/"));
    return true;
}

/* Does the row bring this member of `data` itself? */
static bool brings(const struct row *row, const char *top)
{
    struct json_t *root = NULL;
    if (json_parse(buf_text(&row->line), row->line.len, FAULT_SHOWN, 1, JOB_DEPTH_MAX, &root,
                   NULL) != 0)
        return true;
    bool found = json_get(json_get(root, "data"), top + strlen("/data/")) != NULL;
    json_free(root);
    return found;
}

/* A line's member replaces the batch's as a whole; only what comes from a column is the row's. */
static bool is_shared(const struct shared_faults *s, const struct columns *columns,
                      const struct row *row, const char *sentence, const char *top)
{
    const char *ignored;
    if (json_get(json_get(s->batch->root, "data"), top + strlen("/data/")) == NULL)
        return false;
    if (columns == NULL)
        return !brings(row, top);
    return columns_blame(columns, &row->line, 0, sentence, &ignored) < 0;
}

static bool was_told(const struct shared_faults *s, const char *sentence)
{
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->told[i], sentence) == 0)
            return true;
    }
    return false;
}

static void tell(struct shared_faults *s, struct findings *f, const char *sentence)
{
    struct buf place = {0};
    char *pointer = xstrndup(sentence, strcspn(sentence, " :"));
    char *problem = xstrdup(sentence);
    const char *mend = fault_split_mend(problem);
    struct json_position p = json_position(buf_text(s->text), s->text->len, pointer, false);
    buf_printf(&place, "%s:%d:%d", s->path, p.line, p.column);
    findings_add(f, &(struct finding){.column = place.data,
                                      .problem = problem,
                                      .mend = mend != NULL ? mend : "correct it there, for all"});
    free(pointer);
    free(problem);
    buf_free(&place);
    s->told = xreallocarray(s->told, s->count + 1, sizeof(*s->told));
    s->told[s->count++] = xstrdup(sentence);
}

bool shared_faults_take(struct shared_faults *s, struct findings *f, const struct columns *columns,
                        const struct row *row, const struct error *why)
{
    const char *sentence;
    struct buf top = {0};
    fault_split_position(why->text, &sentence);
    bool shared = put_top(sentence, &top) && is_shared(s, columns, row, sentence, top.data);
    buf_free(&top);
    if (shared && !was_told(s, sentence))
        tell(s, f, sentence);
    return shared;
}

void shared_faults_clear(struct shared_faults *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->told[i]);
    free(s->told);
    *s = (struct shared_faults){0};
}
