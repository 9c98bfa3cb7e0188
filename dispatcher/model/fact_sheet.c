#include "model/fact_sheet.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/text.h"
#include "model/fact_value.h"

static const char *const kinds[] = {
    [INCIDENT_LEAK] = "leak",
    [INCIDENT_LOSS] = "loss",
    [INCIDENT_THEFT] = "theft",
    [INCIDENT_FORGERY] = "forgery",
    [INCIDENT_ALTERATION] = "alteration",
    [INCIDENT_DAMAGE] = "damage",
    [INCIDENT_NONE] = "none",
};
static const char *const certainties[] = {
    [CERTAINTY_POSSIBLE] = "possible",
    [CERTAINTY_CONFIRMED] = "confirmed",
    [CERTAINTY_REFUTED] = "refuted",
};

/* Which shared block of law belongs to which jurisdiction. */
static const struct {
    const char *jurisdiction, *fact;
} blocks[] = {
    {"KR", "law.kr"},
    {"EU", "law.eu"},
    {"UK", "law.uk"},
};

const char *incident_kind_name(enum incident_kind kind)
{
    return kinds[kind];
}

const char *certainty_name(enum certainty certainty)
{
    return certainties[certainty];
}

static bool find_word(const char *const *words, size_t count, const char *name, size_t *out)
{
    for (*out = 0; *out < count; (*out)++)
        if (strcmp(words[*out], name) == 0)
            return true;
    return false;
}

bool incident_kind_parse(const char *name, enum incident_kind *out)
{
    size_t index;
    bool known = find_word(kinds, COUNT_OF(kinds), name, &index);
    if (known)
        *out = (enum incident_kind)index;
    return known;
}

bool certainty_parse(const char *name, enum certainty *out)
{
    size_t index;
    bool known = find_word(certainties, COUNT_OF(certainties), name, &index);
    if (known)
        *out = (enum certainty)index;
    return known;
}

/* ---- freeing ---- */

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

static void free_cohort(struct fact_cohort *c)
{
    free_texts(c->jurisdictions, c->jurisdiction_count);
    json_decref(c->label);
    json_decref(c->facts);
    free(c->name);
    free(c->from);
}

static void free_places(struct fact_sheet *s)
{
    for (size_t i = 0; i < s->place_count; i++) {
        free(s->places[i].cohort);
        free(s->places[i].name);
    }
    free(s->places);
}

void fact_sheet_free(struct fact_sheet *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->cohort_count; i++)
        free_cohort(&s->cohorts[i]);
    free(s->cohorts);
    free_places(s);
    free_texts(s->jurisdictions, s->jurisdiction_count);
    free_texts(s->flags, s->flag_count);
    free_texts(s->incomplete, s->incomplete_count);
    free(s->discovered_at.source);
    free(s->aware_at.source);
    free(s->trigger_at.source);
    json_decref(s->facts);
    json_decref(s->sources);
    json_decref(s->reasons);
    free(s->notice_url);
    free(s->supersedes);
    free(s->incident);
    free(s->file);
    free(s);
}

/* ---- questions ---- */

const struct fact_cohort *fact_sheet_cohort(const struct fact_sheet *s, const char *name)
{
    for (size_t i = 0; i < s->cohort_count; i++)
        if (strcmp(s->cohorts[i].name, name) == 0)
            return &s->cohorts[i];
    return NULL;
}

int64_t fact_cohort_people(const struct fact_cohort *c)
{
    return c->people >= 0 ? c->people : c->affected;
}

static bool is_among(char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(texts[i], text) == 0)
            return true;
    return false;
}

bool fact_sheet_has_flag(const struct fact_sheet *s, const char *flag)
{
    return is_among(s->flags, s->flag_count, flag);
}

bool fact_sheet_is_incomplete(const struct fact_sheet *s, const char *name)
{
    return is_among(s->incomplete, s->incomplete_count, name);
}

/* `law` stays one object with everybody's: what the sheet says itself counts. */
static void put_blocks(json_t *data, char *const *jurisdictions, size_t count)
{
    json_t *law = json_object_get(data, "law");
    law = law != NULL ? json_copy(law) : json_object();
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        const char *member = strchr(blocks[i].fact, '.') + 1;
        if (json_object_get(law, member) == NULL)
            json_object_set_new(
                law, member, json_boolean(is_among(jurisdictions, count, blocks[i].jurisdiction)));
    }
    json_object_set_new(data, "law", law);
}

json_t *fact_sheet_data(const struct fact_sheet *s, const char *cohort)
{
    const struct fact_cohort *c = cohort != NULL ? fact_sheet_cohort(s, cohort) : NULL;
    json_t *data = s->facts != NULL ? json_copy(s->facts) : json_object();
    if (c != NULL && c->facts != NULL)
        json_object_update(data, c->facts);
    if (c != NULL)
        put_blocks(data, c->jurisdictions, c->jurisdiction_count);
    else
        put_blocks(data, s->jurisdictions, s->jurisdiction_count);
    return data;
}

/* ---- places ---- */

static const struct place *find_place(const struct fact_sheet *s, const char *cohort,
                                      const char *name)
{
    for (size_t i = 0; i < s->place_count; i++)
        if (text_equal(s->places[i].cohort, cohort) && strcmp(s->places[i].name, name) == 0)
            return &s->places[i].place;
    return NULL;
}

/* The fact, or the group it belongs to. */
static const struct place *find_nearest(const struct fact_sheet *s, const char *cohort,
                                        const char *name)
{
    char *part = xstrdup(name), *dot;
    const struct place *found = find_place(s, cohort, part);
    while (found == NULL && (dot = strrchr(part, '.')) != NULL) {
        *dot = '\0';
        found = find_place(s, cohort, part);
    }
    free(part);
    return found;
}

struct place fact_sheet_place(const struct fact_sheet *s, const char *cohort, const char *name)
{
    /* A group of a cohort takes the place of everybody's as a whole. */
    const struct place *found = cohort != NULL ? find_nearest(s, cohort, name) : NULL;
    if (found == NULL)
        found = find_nearest(s, NULL, name);
    return found != NULL ? *found : (struct place){s->file, 0, 0};
}
