#include "people/shared_faults.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "engine/setup.h"
#include "model/json.h"
#include "people/fault.h"
#include "policy/route.h"
#include "render/library.h"

/* "order" of the sentence "/data/order/number must be ...". False: it is about another member. */
static bool put_name(const char *sentence, struct buf *out)
{
    static const char data[] = "/data/";
    if (!text_starts_with(sentence, data))
        return false;
    buf_put(out, sentence + strlen(data), strcspn(sentence + strlen(data), " :/"));
    return true;
}

/* A line of JSON: what it brings itself replaces the batch's as a whole; if it brings nothing at
 * all, everything is the batch's. */
static bool is_left_to_batch(const struct shared_faults *s, const struct row *row, const char *name)
{
    struct json_t *root = NULL;
    if (json_parse(buf_text(&row->line), row->line.len, FAULT_SHOWN, 1, JOB_DEPTH_MAX, &root,
                   NULL) != 0)
        return false;
    const struct json_t *own = json_get(root, "data");
    bool left = own == NULL || (json_get(own, name) == NULL &&
                                json_get(json_get(s->batch->root, "data"), name) != NULL);
    json_free(root);
    return left;
}

/* Only what comes from a column is the row's. */
static bool is_shared(const struct shared_faults *s, const struct columns *columns,
                      const struct row *row, const char *sentence, const char *name)
{
    const char *ignored;
    if (columns == NULL)
        return is_left_to_batch(s, row, name);
    return json_get(json_get(s->batch->root, "data"), name) != NULL &&
           columns_blame(columns, &row->line, 0, sentence, &ignored) < 0;
}

static bool was_told(const struct shared_faults *s, const char *sentence)
{
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->told[i], sentence) == 0)
            return true;
    }
    return false;
}

static const char *mend_of(char *problem)
{
    const char *mend = fault_split_mend(problem);
    if (mend != NULL)
        return mend;
    return strstr(problem, " is missing") != NULL ? "put it into \"data\", or into each line"
                                                  : "correct it there, for all";
}

/* In batch.json, or in the fact sheet it took the member from. */
static void put_place(const struct shared_faults *s, const char *pointer, struct buf *out)
{
    struct json_position p = json_position(buf_text(s->text), s->text->len, pointer, false);
    struct buf name = {0};
    if (s->facts->sheet != NULL && p.line == 1 && p.column == 1) {
        for (const char *at = pointer + strlen("/data/"); *at != '\0'; at++)
            buf_putc(&name, *at == '/' ? '.' : *at);
        struct place at = fact_sheet_place(s->facts->sheet, s->facts->cohort, buf_text(&name));
        buf_printf(out, "%s:%d:%d", at.file, at.line, at.column);
    } else if (s->path == NULL) {
        buf_printf(out, "--%s", pointer + strspn(pointer, "/"));
    } else {
        buf_printf(out, "%s:%d:%d", s->path, p.line, p.column);
    }
    buf_free(&name);
}

static void tell(struct shared_faults *s, struct findings *f, const char *sentence)
{
    struct buf place = {0};
    char *pointer = xstrndup(sentence, strcspn(sentence, " :"));
    char *problem = xstrdup(sentence);
    const char *mend = mend_of(problem);
    put_place(s, pointer, &place);
    findings_add(f, &(struct finding){.column = place.data, .problem = problem, .mend = mend});
    free(pointer);
    free(problem);
    buf_free(&place);
    s->told = xreallocarray(s->told, s->count + 1, sizeof(*s->told));
    s->told[s->count++] = xstrdup(sentence);
}

/* For all who have none of their own. */
static void look_at_locale(struct shared_faults *s, const struct setup *setup, struct findings *f)
{
    const char *tag = s->batch->shared->locale;
    struct buf sentence = {0};
    struct error why;
    if (tag == NULL || route_check_locale(&setup->settings->rules, tag, &why) == 0)
        return;
    buf_printf(&sentence, "/locale: %s", why.text);
    tell(s, f, sentence.data);
    buf_free(&sentence);
}

void shared_faults_look(struct shared_faults *s, const struct setup *setup, struct findings *f)
{
    const struct library *l = setup->library;
    const struct job *shared = s->batch->shared;
    const char *name = shared->template_name;
    struct error why;
    look_at_locale(s, setup, f);
    char *path = NULL;
    int letter = name != NULL ? library_find_template(l, name) : -1;
    if (letter < 0 || shared->data == NULL)
        return;
    /* What is missing may come with the rows; that is for them to say. */
    if (library_check_job(l, letter, library_template_locales(l, letter)[0], shared, &path, &why) !=
            0 &&
        strstr(why.text, " is not a variable of ") != NULL)
        tell(s, f, why.text);
    free(path);
}

bool shared_faults_take(struct shared_faults *s, struct findings *f, const struct columns *columns,
                        const struct row *row, const struct error *why)
{
    const char *sentence;
    struct buf name = {0};
    fault_split_position(why->text, &sentence);
    bool shared =
        put_name(sentence, &name) && is_shared(s, columns, row, sentence, buf_text(&name));
    buf_free(&name);
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
