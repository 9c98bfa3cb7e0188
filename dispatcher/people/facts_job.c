#include "people/facts_job.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "model/fact_value.h"
#include "model/json.h"
#include "model/reference.h"

/* Readers as JSON, by language; the last for every other. */
static const struct {
    const char *language, *reader;
} readers[] = {
    {"ko", "{\"recipient_id\":\"sample\",\"name\":\"김민준\",\"family_name\":\"김\","
           "\"given_name\":\"민준\",\"email\":\"reader@example.org\",\"phone\":\"+821000000000\"}"},
    {"de", "{\"recipient_id\":\"sample\",\"name\":\"Katrin Müller\",\"family_name\":\"Müller\","
           "\"given_name\":\"Katrin\",\"gender\":\"female\",\"email\":\"reader@example.org\","
           "\"phone\":\"+4915100000000\"}"},
    {NULL, "{\"recipient_id\":\"sample\",\"name\":\"Alex Whitfield\",\"family_name\":\"Whitfield\","
           "\"given_name\":\"Alex\",\"email\":\"reader@example.org\",\"phone\":\"+447700900000\"}"},
};

static const char *reader_of(const char *locale)
{
    size_t i = 0;
    while (readers[i].language != NULL && !text_starts_with(locale, readers[i].language))
        i++;
    return readers[i].reader;
}

struct json_t *facts_job_data(const struct library *l, int template_index,
                              const struct fact_sheet *sheet, const char *cohort)
{
    struct json_t *all = fact_sheet_data(sheet, cohort);
    struct library_variable v;
    const char **names = NULL;
    size_t count = 0;
    while (library_template_variable(l, template_index, count, &v)) {
        names = xreallocarray(names, count + 1, sizeof(*names));
        names[count++] = v.name;
    }
    struct json_t *out = fact_value_pick(all, names, count);
    free(names);
    json_free(all);
    return out;
}

static void put_member(struct buf *out, const char *name, const char *text)
{
    if (text == NULL)
        return;
    buf_printf(out, ",\"%s\":", name);
    buf_put_json(out, text);
}

int facts_job_make(const struct facts_job_options *o, struct job **out, struct error *err)
{
    struct buf text = {0};
    char sample[REFERENCE_SIZE];
    buf_printf(&text, "{\"to\":%s", reader_of(o->locale));
    put_member(&text, "locale", o->locale);
    put_member(&text, "category", o->category);
    put_member(&text, "campaign", o->campaign);
    bool numbered = text_equal(o->reference, REFERENCE_AUTO) && reference_make(0, 1, sample);
    put_member(&text, "reference", numbered ? sample : o->reference);
    if (o->sheet != NULL) {
        struct json_t *data = facts_job_data(o->library, o->template_index, o->sheet, o->cohort);
        buf_puts(&text, ",\"data\":");
        json_put(&text, data);
        json_free(data);
    }
    buf_putc(&text, '}');
    int rc = job_parse_fixture(buf_text(&text), text.len,
                               o->sheet != NULL ? o->sheet->file : "notice", out, err);
    buf_free(&text);
    return rc;
}

static bool put_other_member(void *context, const char *key, const struct json_t *value)
{
    struct buf *out = context;
    if (strcmp(key, "data") == 0)
        return true;
    buf_put_json(out, key);
    buf_putc(out, ':');
    json_put(out, value);
    buf_putc(out, ',');
    return true;
}

void facts_job_put(const struct job *job, const struct json_t *facts, struct buf *out)
{
    buf_putc(out, '{');
    fact_value_each(job->root, put_other_member, out);
    buf_puts(out, "\"data\":");
    json_put(out, facts);
    buf_putc(out, '}');
}
