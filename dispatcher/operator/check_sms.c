#include "operator/check_sms.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "campaign/audience.h"
#include "channel/sms_text.h"
#include "model/fact_value.h"
#include "model/json.h"
#include "model/settings.h"
#include "operator/check_case.h"
#include "operator/check_josa.h"
#include "operator/check_personal.h"
#include "operator/facts_job.h"
#include "render/library_look.h"

#define RENDER_ALL    100000
#define PROFILES      3 /* enum length_profile */
#define LANGUAGES_MAX 16
#define CLASSES       4 /* encodings */
#define OFFENDERS_MAX 5

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

/* The longest SMS by one profile. */
struct longest {
    struct buf text; /* as it would be sent */
    struct sms_length length;
    int64_t line;
    bool any;
};

/* A letter of one language and the people who get it. */
struct language {
    const char *tag;
    struct job *job;
    bool personal; /* says other things to other people */
    int64_t rows;
    struct longest longest[PROFILES];
    struct sms_tally tally;
    struct json_t *data;      /* of everybody in the cohort, NULL */
    size_t both;              /* particles left open that are not the reader's */
    size_t uses[COLUMNS_MAX]; /* how often the SMS says the value */
    /* Units of the longest so far, by encoding: of each value, and last of all that is said. */
    size_t records[COLUMNS_MAX + 1][PROFILES][CLASSES];
};

struct measuring {
    const struct campaign_check *check;
    const struct campaign_cohort *cohort;
    struct audience *audience;
    struct personal personal;
    size_t column[COLUMNS_MAX], column_count;
    const struct transport *priced; /* whose prices are counted; NULL */
    size_t phone_column;
    struct sms_length last; /* of the message rendered last, by its profile; no offenders */
    size_t undecided;       /* rows with a particle nobody knows */
    bool profiles[PROFILES];
    struct language languages[LANGUAGES_MAX];
    size_t language_count;
    struct message message;
    struct buf cells[COLUMNS_MAX], values, prepared;
};

static const char *const profile_names[PROFILES] = {
    [LENGTH_GSM] = "GSM", [LENGTH_EUC_KR] = "EUC-KR", [LENGTH_CP949] = "CP949"};

/* ---- what is measured ---- */

/* Without a gateway lengths are those of GSM. */
static void choose_profiles(struct measuring *m)
{
    const struct settings *s = m->check->scene->settings;
    bool any = false;
    for (size_t i = 0; i < s->transport_count; i++) {
        const struct transport *t = &s->transports[i];
        if (t->channel != CHANNEL_SMS)
            continue;
        m->profiles[t->sms.gateway != NULL ? t->sms.gateway->profile : LENGTH_GSM] = true;
        any = true;
    }
    m->profiles[LENGTH_GSM] = m->profiles[LENGTH_GSM] || !any;
}

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

static bool is_worse(const struct sms_length *a, const struct sms_length *b)
{
    if (a->sendable != b->sendable)
        return !a->sendable;
    if (a->segments != b->segments)
        return a->segments > b->segments;
    return a->units > b->units;
}

/* Longer than any before, or of another encoding? The record is its from now on. */
static bool breaks(const struct buf *text, enum length_profile profile, size_t records[CLASSES])
{
    struct sms_length length;
    sms_measure(buf_text(text), text->len, profile, &length);
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
    for (size_t p = 0; p < PROFILES; p++) {
        if (!m->profiles[p])
            continue;
        for (size_t i = 0; i < m->column_count; i++)
            if (l->uses[i] > 0 && breaks(&m->cells[i], (enum length_profile)p, l->records[i][p]))
                broken = true;
        if (breaks(&m->values, (enum length_profile)p, l->records[COLUMNS_MAX][p]))
            broken = true;
    }
    return broken;
}

static void note_length(struct measuring *m, enum length_profile profile,
                        const struct sms_length *length)
{
    if (m->priced == NULL || m->priced->sms.gateway->profile != profile)
        return;
    m->last = *length;
    m->last.offenders = NULL;
    m->last.offender_count = 0;
}

static void measure(struct measuring *m, struct language *l, int64_t line)
{
    for (size_t p = 0; p < PROFILES; p++) {
        struct longest *best = &l->longest[p];
        struct sms_length length;
        if (!m->profiles[p])
            continue;
        buf_reset(&m->prepared);
        sms_prepare(buf_text(&m->message.sms), m->message.sms.len, (enum length_profile)p,
                    &m->prepared);
        sms_measure(buf_text(&m->prepared), m->prepared.len, (enum length_profile)p, &length);
        note_length(m, (enum length_profile)p, &length);
        if (best->any && !is_worse(&length, &best->length)) {
            sms_length_free(&length);
            continue;
        }
        if (best->any)
            sms_length_free(&best->length);
        buf_reset(&best->text);
        buf_put(&best->text, buf_text(&m->prepared), m->prepared.len);
        best->length = length;
        best->line = line;
        best->any = true;
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
    const struct longest *best =
        m->priced != NULL ? &l->longest[m->priced->sms.gateway->profile] : NULL;
    if (best == NULL)
        return;
    audience_put_cell(m->audience, m->phone_column, &phone);
    const struct sms_length *length = l->personal ? &m->last : &best->length;
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

static void put_character(uint32_t c, struct buf *out)
{
    if (c >= 0x20 && c != 0xa0 && !(c >= 0x2000 && c <= 0x200f)) {
        utf8_put(out, c);
        buf_printf(out, " (U+%04X)", (unsigned)c);
    } else {
        buf_printf(out, "U+%04X", (unsigned)c);
    }
}

/* Each once; false if there are more kinds than one would list. */
static bool put_offenders(const struct sms_length *l, struct buf *out)
{
    size_t kinds = 0;
    for (size_t i = 0; i < l->offender_count; i++) {
        const struct sms_offender *o = &l->offenders[i];
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || l->offenders[k].code_point == o->code_point;
        if (again)
            continue;
        if (++kinds > OFFENDERS_MAX)
            return false;
        buf_puts(out, kinds > 1 ? ", " : "");
        put_character(o->code_point, out);
        if (o->replacement != NULL)
            buf_printf(out, " (write \"%s\")", o->replacement);
    }
    return kinds > 0;
}

/* How many parts the text would have without its offenders. */
static size_t parts_without(const struct longest *best, enum length_profile profile)
{
    struct sms_length length;
    struct buf plain = {0};
    const char *at = buf_text(&best->text), *end = at + best->text.len;
    size_t position = 0, next = 0;
    while (at < end) {
        const char *start = at;
        utf8_next(&at, end);
        if (next < best->length.offender_count && best->length.offenders[next].position == position)
            next++;
        else
            buf_put(&plain, start, (size_t)(at - start));
        position++;
    }
    sms_measure(buf_text(&plain), plain.len, profile, &length);
    size_t parts = length.segments;
    sms_length_free(&length);
    buf_free(&plain);
    return parts;
}

struct finding {
    const struct measuring *m;
    const struct language *l;
    const struct longest *best;
    enum length_profile profile;
    struct place at;
    struct buf who; /* "the SMS in ko, which is the same for all 28 people of cohort a" */
};

static void tell_unsendable(const struct finding *f)
{
    struct buf names = {0};
    bool listed = put_offenders(&f->best->length, &names);
    if (names.len == 0)
        buf_printf(&names, "%zu bytes are too many", f->best->length.units);
    problems_add_error(&f->m->check->scene->problems, &f->at, "sms-euckr",
                       "%s cannot be sent by a gateway of the profile %s: %s%s", buf_text(&f->who),
                       profile_names[f->profile], buf_text(&names),
                       listed || f->best->length.offender_count == 0 ? "" : " and others");
    buf_free(&names);
}

/* A text that is Unicode by nature, as Korean is, has too many kinds to name. */
static void tell_unicode(const struct finding *f)
{
    struct buf names = {0};
    const struct sms_length *l = &f->best->length;
    if (l->encoding == SMS_UCS2 && put_offenders(l, &names)) {
        size_t parts = parts_without(f->best, f->profile);
        if (parts < l->segments)
            problems_add_warning(&f->m->check->scene->problems, &f->at, "sms-unicode",
                                 "%s has %zu parts; removing %s makes it %zu", buf_text(&f->who),
                                 l->segments, buf_text(&names), parts);
    }
    buf_free(&names);
}

static void tell_parts(const struct finding *f)
{
    struct problems *problems = &f->m->check->scene->problems;
    const struct sms_length *l = &f->best->length;
    int64_t accepted = f->m->check->campaign->sms_parts;
    bool decided = (int64_t)l->segments <= accepted;
    if (l->lms)
        problems_add(problems, PROBLEM_HINT, &f->at, "sms-parts", "%s has %zu bytes in %s: an LMS",
                     buf_text(&f->who), l->units, profile_names[f->profile]);
    else if (l->segments > 1)
        problems_add(problems, decided ? PROBLEM_HINT : PROBLEM_WARNING, &f->at, "sms-parts",
                     "%s has %zu parts (%s, %zu)%s", buf_text(&f->who), l->segments,
                     sms_encoding_name(l->encoding), l->units,
                     decided ? "" : "; shorten it, or accept them with sms_parts in the campaign");
}

static void tell_language(const struct measuring *m, const struct language *l)
{
    const struct campaign_check *k = m->check;
    for (size_t p = 0; p < PROFILES; p++) {
        struct finding f = {
            .m = m, .l = l, .best = &l->longest[p], .profile = (enum length_profile)p};
        if (!f.best->any)
            continue;
        f.at = l->personal
                   ? (struct place){m->cohort->audience, (int)f.best->line, 1}
                   : (struct place){
                         library_letter_file(k->scene->library, k->template_index, l->tag), 0, 0};
        buf_printf(&f.who, "the SMS in %s, %s %" PRId64 " %s of cohort %s,", l->tag,
                   l->personal ? "the longest of" : "the same for all", l->rows,
                   l->rows == 1 ? "person" : "people", m->cohort->name);
        if (!f.best->length.sendable)
            tell_unsendable(&f);
        else
            tell_unicode(&f);
        tell_parts(&f);
        buf_free(&f.who);
    }
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
        for (size_t p = 0; p < PROFILES; p++) {
            if (l->longest[p].any)
                sms_length_free(&l->longest[p].length);
            buf_free(&l->longest[p].text);
        }
        json_free(l->data);
        job_free(l->job);
    }
    message_free(&m->message);
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        buf_free(&m->cells[i]);
    personal_free(&m->personal);
    buf_free(&m->values);
    buf_free(&m->prepared);
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
    choose_profiles(m);
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
