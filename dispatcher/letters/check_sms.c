#include "letters/check_sms.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "campaign/audience.h"
#include "channel/sms_fit.h"
#include "cli/say.h"
#include "letters/check_case.h"
#include "letters/check_josa.h"
#include "letters/check_personal.h"
#include "letters/check_sms_tell.h"
#include "letters/sms_way.h"
#include "model/fact_value.h"
#include "model/json.h"
#include "people/facts_job.h"
#include "render/library_look.h"

#define RENDER_ALL    100000
#define LANGUAGES_MAX 16
#define CLASSES       4 /* encodings */

#define COLUMNS     7                        /* of the person */
#define COLUMNS_MAX (COLUMNS + PERSONAL_MAX) /* and variables of the letter */
#define JOSA_MAX    20

/* The columns that can make a letter longer, and where a notice has them. */
static const struct {
    const char *name;
    size_t offset;
} columns[COLUMNS] = {
    {"name", offsetof(struct job, to.name)},
    {"title", offsetof(struct job, to.title)},
    {"given_name", offsetof(struct job, to.given_name)},
    {"family_name", offsetof(struct job, to.family_name)},
    {"gender", offsetof(struct job, to.gender)},
    {"reference", offsetof(struct job, reference)},
    {"locale", offsetof(struct job, locale)},
};

/* The longest SMS over one way. */
struct longest {
    struct sms_fitting fitting;
    struct error refusal; /* of the gateway; no text: it takes the SMS */
    int64_t line;
    bool any;
};

/* A letter of one language and the people who get it. */
struct language {
    const char *tag;
    struct job *job;
    bool personal; /* says other things to other people */
    int64_t rows;
    struct longest longest[SMS_WAYS_MAX];
    struct sms_tally tally;
    struct json_t *data;      /* of everybody in the cohort, NULL */
    size_t both;              /* particles left open that are not the reader's */
    size_t uses[COLUMNS_MAX]; /* how often the SMS says the value */
    /* Units of the longest so far, by encoding: of each value, and last of all that is said. */
    size_t records[COLUMNS_MAX + 1][SMS_WAYS_MAX][CLASSES];
};

struct measuring {
    const struct campaign_check *check;
    const struct campaign_cohort *cohort;
    struct audience *audience;
    struct personal personal;
    size_t column[COLUMNS_MAX], column_count;
    const struct transport *priced; /* whose prices are counted: the first way's; NULL */
    size_t phone_column;
    struct sms_length last; /* of the message rendered last, over the first way; no offenders */
    size_t undecided;       /* rows with a particle nobody knows */
    struct sms_way ways[SMS_WAYS_MAX];
    size_t way_count;
    struct language languages[LANGUAGES_MAX];
    size_t language_count;
    struct message message;
    struct buf cells[COLUMNS_MAX], values;
    struct longest now; /* of the message at hand */
};

/* ---- what is measured ---- */

/* A salutation is made of all that is known of a person. */
static void count_use(const struct measuring *m, struct language *l, const char *name)
{
    for (size_t i = 0; i < m->personal.count; i++)
        l->uses[COLUMNS + i] += strcmp(name, m->personal.items[i].name) == 0 ? 1 : 0;
    for (size_t i = 0; i < COLUMNS; i++) {
        bool of_person = columns[i].offset < offsetof(struct job, to) + sizeof(struct recipient) &&
                         columns[i].offset >= offsetof(struct job, to);
        if ((of_person && strcmp(name, "salutation") == 0) ||
            (of_person && text_starts_with(name, "to.") &&
             strcmp(name + 3, columns[i].name) == 0) ||
            (!of_person && strcmp(name, columns[i].name) == 0))
            l->uses[i]++;
    }
}

/* Which values the SMS says, and whether it says any. */
static void find_uses(const struct measuring *m, struct language *l, const struct proof *proof)
{
    for (size_t i = 0; i < proof->use_count; i++)
        if (proof->uses[i].part == PROOF_SMS)
            count_use(m, l, proof->uses[i].name);
    for (size_t i = 0; i < m->column_count; i++)
        l->personal = l->personal || l->uses[i] > 0;
}

/* NULL: there is no such letter, or it does not render, which was told. */
static struct language *find_language(struct measuring *m, const char *locale)
{
    const struct campaign_check *k = m->check;
    const char *tag = library_match_locale(k->scene->library, k->template_index, locale);
    const struct proof *proof =
        tag != NULL ? check_case_proof(k->letters, m->cohort->name, tag) : NULL;
    if (proof == NULL || proof->message.sms.len == 0)
        return NULL;
    for (size_t i = 0; i < m->language_count; i++)
        if (m->languages[i].tag == tag)
            return &m->languages[i];
    if (m->language_count == LANGUAGES_MAX)
        return NULL;
    struct language *l = &m->languages[m->language_count++];
    *l = (struct language){.tag = tag};
    find_uses(m, l, proof);
    l->both = check_josa_count(buf_text(&proof->message.sms), proof->message.sms.len);
    l->job = job_copy(check_case_job(k->letters, m->cohort->name, tag));
    l->data = fact_value_hold(l->job->data);
    return l;
}

/* ---- one row ---- */

static void set_member(struct job *job, size_t offset, const struct buf *value)
{
    char **member = (char **)(void *)((char *)job + offset);
    free(*member);
    *member = value->len > 0 ? xstrdup(buf_text(value)) : NULL;
}

/* The reader of this row; `values` is what the SMS says of them. */
static void take_row(struct measuring *m, struct language *l)
{
    buf_reset(&m->values);
    for (size_t i = 0; i < m->column_count; i++) {
        struct buf *cell = &m->cells[i];
        buf_reset(cell);
        audience_put_cell(m->audience, m->column[i], cell);
        if (i < COLUMNS && m->column[i] != AUDIENCE_NO_COLUMN)
            set_member(l->job, columns[i].offset, cell);
        for (size_t k = 0; k < l->uses[i]; k++)
            buf_put(&m->values, buf_text(cell), cell->len);
    }
}

static bool is_worse(const struct longest *a, const struct longest *b)
{
    const struct sms_length *x = &a->fitting.length, *y = &b->fitting.length;
    bool refused = a->refusal.text[0] != '\0';
    if (refused != (b->refusal.text[0] != '\0'))
        return refused;
    if (x->segments != y->segments)
        return x->segments > y->segments;
    return x->units > y->units;
}

/* Longer than any before, or of another encoding? The record is its from now on. */
static bool breaks(const struct buf *text, const struct gateway *g, size_t records[CLASSES])
{
    struct sms_length length;
    sms_measure_for(buf_text(text), text->len, g, &length);
    size_t *record = &records[length.encoding];
    bool broken = !length.sendable || length.units > *record;
    if (broken && length.units > *record)
        *record = length.units;
    sms_length_free(&length);
    return broken;
}

static bool breaks_record(struct measuring *m, struct language *l)
{
    bool broken = false;
    for (size_t w = 0; w < m->way_count; w++) {
        const struct gateway *g = m->ways[w].gateway;
        for (size_t i = 0; i < m->column_count; i++)
            if (l->uses[i] > 0 && breaks(&m->cells[i], g, l->records[i][w]))
                broken = true;
        if (breaks(&m->values, g, l->records[COLUMNS_MAX][w]))
            broken = true;
    }
    return broken;
}

static void note_length(struct measuring *m, const struct sms_length *length)
{
    m->last = *length;
    m->last.offenders = NULL;
    m->last.offender_count = 0;
}

static void fit(struct measuring *m, const struct gateway *g, int64_t line)
{
    struct longest *now = &m->now;
    now->line = line;
    now->any = true;
    sms_fit(&m->message.sms, g, &now->fitting);
    if (sms_fit_check(&now->fitting, &m->message.title, &now->refusal) == 0)
        now->refusal.text[0] = '\0';
}

static void measure(struct measuring *m, struct language *l, int64_t line)
{
    for (size_t w = 0; w < m->way_count; w++) {
        struct longest *best = &l->longest[w];
        fit(m, m->ways[w].gateway, line);
        if (w == 0)
            note_length(m, &m->now.fitting.length);
        if (!best->any || is_worse(&m->now, best)) {
            struct longest before = *best;
            *best = m->now;
            m->now = before;
        }
    }
}

/* The reader's own value decides; of what all read the letter itself was told. */
static void look_at_josa(struct measuring *m, const struct language *l, int64_t line)
{
    struct place at = {m->cohort->audience, (int)line, 1};
    if (check_josa_count(buf_text(&m->message.sms), m->message.sms.len) > l->both &&
        ++m->undecided <= JOSA_MAX)
        problems_add_warning(&m->check->scene->problems, &at, "audience-josa",
                             "a particle in the SMS in %s cannot be decided for a value of this "
                             "row: it says both forms, like 은(는)",
                             l->tag);
}

static void take_facts(struct measuring *m, struct language *l)
{
    if (m->personal.count == 0)
        return;
    json_free(l->job->data);
    l->job->data = personal_data(&m->personal, l->data);
}

/* The price depends on the number, also where everybody reads the same. */
static void count_cost(struct measuring *m, struct language *l, bool rendered)
{
    struct buf phone = {0};
    const struct longest *best = &l->longest[0];
    if (m->priced == NULL)
        return;
    audience_put_cell(m->audience, m->phone_column, &phone);
    const struct sms_length *length = l->personal ? &m->last : &best->fitting.length;
    check_sms_cost_count(&l->tally, m->priced, buf_text(&phone),
                         rendered && best->any ? length : NULL);
    buf_free(&phone);
}

static void render_row(struct measuring *m, struct language *l, int64_t line)
{
    const struct campaign_check *k = m->check;
    struct error err = {0};
    take_facts(m, l);
    if (renderer_render(k->scene->renderer, k->template_index, l->tag, l->job, k->scene->now_ms,
                        CHANNEL_SMS, &m->message, &err) == 0) {
        measure(m, l, line);
        look_at_josa(m, l, line);
        return;
    }
    struct place at = {m->cohort->audience, (int)line, 1};
    problems_add_error(&k->scene->problems, &at, "audience-render", "the SMS in %s: %s", l->tag,
                       err.text);
}

static void measure_row(struct measuring *m, const struct audience_person *one)
{
    struct language *l = one->problem == NULL ? find_language(m, one->locale) : NULL;
    if (l == NULL)
        return;
    bool rendered = l->personal || l->rows == 0;
    l->rows++;
    if (rendered) {
        take_row(m, l);
        rendered = breaks_record(m, l) || l->rows <= RENDER_ALL;
    }
    if (rendered)
        render_row(m, l, one->line);
    count_cost(m, l, rendered || !l->personal);
}

/* ---- telling ---- */

/* "the SMS in ko, the same for all 28 people of cohort a," */
static void put_who(const struct measuring *m, const struct language *l, struct buf *out)
{
    const char *people = text_plural(l->rows, "person", "people");
    if (l->personal)
        buf_printf(out, SAID("the SMS in %s, the longest of %lld %s of cohort %s,"), l->tag,
                   (long long)l->rows, people, m->cohort->name);
    else
        buf_printf(out, SAID("the SMS in %s, the same for all %lld %s of cohort %s,"), l->tag,
                   (long long)l->rows, people, m->cohort->name);
}

static struct place place_of(const struct measuring *m, const struct language *l,
                             const struct longest *best)
{
    const char *letter =
        library_letter_file(m->check->scene->library, m->check->template_index, l->tag);
    return l->personal ? (struct place){m->cohort->audience, (int)best->line, 1}
                       : (struct place){letter, 0, 0};
}

static void tell_language(const struct measuring *m, const struct language *l)
{
    struct buf who = {0};
    put_who(m, l, &who);
    for (size_t w = 0; w < m->way_count; w++) {
        const struct longest *best = &l->longest[w];
        const struct sms_finding f = {
            .problems = &m->check->scene->problems,
            .at = place_of(m, l, best),
            .who = buf_text(&who),
            .way = &m->ways[w],
            .fitting = &best->fitting,
            .refusal = best->refusal.text,
            .accepted_parts = m->check->campaign->sms_parts,
        };
        if (best->any)
            check_sms_tell(&f);
    }
    buf_free(&who);
}

/* ---- the whole ---- */

static void add_costs(const struct measuring *m, struct sms_cost *cost)
{
    for (size_t i = 0; i < m->language_count; i++)
        check_sms_cost_add(cost, &m->languages[i].tally);
}

static void finish(struct measuring *m)
{
    for (size_t i = 0; i < m->language_count; i++) {
        struct language *l = &m->languages[i];
        for (size_t w = 0; w < SMS_WAYS_MAX; w++)
            sms_fitting_free(&l->longest[w].fitting);
        json_free(l->data);
        job_free(l->job);
    }
    message_free(&m->message);
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        buf_free(&m->cells[i]);
    personal_free(&m->personal);
    buf_free(&m->values);
    sms_fitting_free(&m->now.fitting);
    audience_close(m->audience);
}

static void find_columns(struct measuring *m)
{
    const struct campaign_check *k = m->check;
    for (size_t i = 0; i < COLUMNS; i++)
        m->column[i] = audience_column(m->audience, columns[i].name);
    personal_find(k->scene->library, k->template_index, m->audience, &m->personal);
    for (size_t i = 0; i < m->personal.count; i++)
        m->column[COLUMNS + i] = m->personal.items[i].column;
    m->column_count = COLUMNS + m->personal.count;
    m->phone_column = audience_column(m->audience, "phone");
    m->priced = check_sms_cost_transport(k->scene->settings);
}

int check_sms_audience(const struct campaign_check *k, const struct campaign_cohort *c,
                       struct sms_cost *cost, struct error *err)
{
    struct measuring *m = xcalloc(1, sizeof(*m));
    struct audience_person one;
    bool more = true;
    m->check = k;
    m->cohort = c;
    m->way_count = sms_way_find(k->scene->settings, m->ways);
    int rc = audience_open(c->audience, &m->audience, err);
    if (rc == 0)
        find_columns(m);
    while (rc == 0 && more) {
        rc = audience_next(m->audience, IDENTITY_ID, &one, &more, err);
        if (rc == 0 && more)
            measure_row(m, &one);
    }
    for (size_t i = 0; rc == 0 && i < m->language_count; i++)
        tell_language(m, &m->languages[i]);
    if (rc == 0)
        add_costs(m, cost);
    finish(m);
    free(m);
    return rc;
}
