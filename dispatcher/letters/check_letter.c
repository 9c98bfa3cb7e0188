#include "letters/check_letter.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "letters/check_campaign.h"
#include "letters/facts_files.h"
#include "render/library_look.h"

/* A campaign as if somebody had written one: of every language and channel of the letter. */
static struct campaign *pretend(const struct check_scene *s, const char *template_name, int index)
{
    const struct invocation *inv = s->report.inv;
    const char *const *tags = library_template_locales(s->library, index);
    const char *cohort = option_value(inv, "cohort");
    struct library_notice n;
    struct campaign *c = xcalloc(1, sizeof(*c));
    library_template_notice(s->library, index, &n);
    c->file = xstrdup(n.file);
    c->id = xstrdup("check");
    c->template_name = xstrdup(template_name);
    c->category = xstrdup(n.category != NULL ? n.category : "service_notice");
    if (n.kind == NULL || !notice_kind_parse(n.kind, &c->kind))
        c->kind = NOTICE_NONE;
    for (; tags[c->language_count] != NULL; c->language_count++) {
        c->languages = xreallocarray(c->languages, c->language_count + 1, sizeof(*c->languages));
        c->languages[c->language_count] = xstrdup(tags[c->language_count]);
    }
    c->channels[CHANNEL_EMAIL] = n.channels[CHANNEL_EMAIL];
    c->channels[CHANNEL_SMS] = n.channels[CHANNEL_SMS];
    if (cohort != NULL || option_given(inv, "audience")) {
        c->cohorts = xcalloc(1, sizeof(*c->cohorts));
        c->cohorts[c->cohort_count++] = (struct campaign_cohort){
            .name = xstrdup(cohort != NULL ? cohort : "everybody"),
            .audience = xstrdup(option_value(inv, "audience")),
            .place = {c->file, 0, 0},
        };
    }
    return c;
}

int check_letter_with_facts(struct check_scene *s, const char *template_name, struct error *err)
{
    const struct invocation *inv = s->report.inv;
    const char *facts = option_value(inv, "facts");
    struct fact_sheet *sheet = NULL;
    if (facts == NULL) {
        bool alone = option_given(inv, "cohort") || option_given(inv, "audience");
        return alone ? error_set(err, ERR_USAGE, "--cohort and --audience go with --facts") : 0;
    }
    int index = library_find_template(s->library, template_name);
    if (index < 0 || facts_files_read(facts, &s->problems, &sheet, NULL) != 0)
        return 0;
    struct campaign *c = pretend(s, template_name, index);
    struct campaign_check k = {.scene = s, .campaign = c, .sheet = sheet};
    check_scene_keep(s, c, sheet);
    return check_campaign_read(&k, err);
}
