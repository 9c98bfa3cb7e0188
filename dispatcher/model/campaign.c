#include "model/campaign.h"

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"

static const char *const kinds[] = {
    [NOTICE_NONE] = "none",
    [NOTICE_POSSIBILITY] = "possibility",
    [NOTICE_INITIAL] = "initial",
    [NOTICE_CONFIRMED] = "confirmed",
    [NOTICE_SUPPLEMENT] = "supplement",
    [NOTICE_PROGRESS] = "progress",
    [NOTICE_ALL_CLEAR] = "all_clear",
    [NOTICE_PUBLIC] = "public_notice",
};

static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

const char *campaign_day_name(size_t day)
{
    return days[day];
}

const char *notice_kind_name(enum notice_kind kind)
{
    return kinds[kind];
}

bool notice_kind_parse(const char *name, enum notice_kind *out)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (strcmp(kinds[i], name) == 0) {
            *out = (enum notice_kind)i;
            return true;
        }
    }
    return false;
}

const struct campaign_cohort *campaign_cohort(const struct campaign *c, const char *name)
{
    for (size_t i = 0; i < c->cohort_count; i++)
        if (strcmp(c->cohorts[i].name, name) == 0)
            return &c->cohorts[i];
    return NULL;
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

static void free_cohorts(struct campaign *c)
{
    for (size_t i = 0; i < c->cohort_count; i++) {
        free(c->cohorts[i].name);
        free(c->cohorts[i].audience);
    }
    free(c->cohorts);
}

static void free_exemptions(struct campaign *c)
{
    for (size_t i = 0; i < c->exemption_count; i++) {
        free_texts(c->exemptions[i].by, c->exemptions[i].by_count);
        free(c->exemptions[i].rule);
        free(c->exemptions[i].reason);
    }
    free(c->exemptions);
}

void campaign_free(struct campaign *c)
{
    if (c == NULL)
        return;
    free_cohorts(c);
    free_exemptions(c);
    free_texts(c->languages, c->language_count);
    free_texts(c->approvals, c->approval_count);
    free_texts(c->phoned, c->phoned_count);
    free(c->waves.zone);
    free(c->condition.endpoint);
    free(c->file);
    free(c->id);
    free(c->template_name);
    free(c->category);
    free(c->facts);
    free(c->population);
    free(c->supersedes);
    free(c->delay_reason);
    free(c->reference);
    free(c);
}
