#include "letters/command_list.h"

#include <stdlib.h>

#include "base/text.h"
#include "cli/session.h"
#include "config/quantity.h"
#include "letters/check_books.h"
#include "letters/check_gateways.h"
#include "letters/check_korean_sms.h"
#include "letters/check_law.h"
#include "letters/check_path.h"
#include "letters/check_report.h"
#include "letters/check_rows.h"
#include "letters/check_scene.h"
#include "letters/check_settings.h"
#include "letters/fix.h"
#include "letters/golden.h"
#include "model/json.h"
#include "model/settings.h"
#include "render/fixtures.h"
#include "render/library.h"

/* ---- everything the configuration names ---- */

static void check_fallback(struct check_scene *s)
{
    const struct rules *rules = &s->settings->rules;
    struct place at = {rules->file, 0, 0};
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *r = &rules->rules[i];
        if (r->campaign == NULL && r->template_pattern == NULL && r->category == NULL &&
            r->locale == NULL && r->priority == NULL)
            return;
    }
    problems_add_warning(&s->problems, &at, "rules-default",
                         "there is no rule without `when`; a notice that matches none and names no "
                         "channels is refused");
}

static void warn_of_patience(struct check_scene *s, const struct rule *r, enum channel_kind kind)
{
    struct place at = {s->settings->rules.file, r->line, 1};
    struct buf after = {0}, kept = {0};
    quantity_put_duration(&after, r->after_ms[kind]);
    quantity_put_duration(&kept, s->settings->retention_ms);
    problems_add_warning(&s->problems, &at, "rules-retention",
                         "`after: {%s: %s}` of the rule `%s` is longer than `retention` (%s): the "
                         "next channel needs the text, so it stays until then all the same; give "
                         "`retention` more time, or the channel less",
                         channel_kind_name(kind), buf_text(&after), r->name, buf_text(&kept));
    buf_free(&after);
    buf_free(&kept);
}

/* Texts go when all is over, and whose next channel may follow is not over. */
static void check_patience(struct check_scene *s)
{
    const struct rules *rules = &s->settings->rules;
    int64_t kept_ms = s->settings->retention_ms;
    for (size_t i = 0; kept_ms > 0 && i < rules->count; i++) {
        for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
            if (rules->rules[i].after_ms[kind] > kept_ms)
                warn_of_patience(s, &rules->rules[i], (enum channel_kind)kind);
        }
    }
}

static int check_all(struct check_scene *s, struct error *err)
{
    check_fallback(s);
    check_patience(s);
    check_gateways(s);
    if (!s->settings->trial)
        check_settings_organisation(s);
    int rc = check_scene_load_letters(s, err);
    if (rc != 0 || s->library == NULL)
        return rc;
    rc = library_check_rules(s->library, &s->settings->rules, s->problems.tell, s->problems.context,
                             err);
    if (rc == 0) {
        check_settings_categories(s);
        fixtures_check(s->library, s->problems.tell, s->problems.context);
        check_law_templates(s);
        check_korean_sms(s, -1);
    }
    return rc;
}

/* Of the configuration: whatever is checked, it is checked as this one would send it. */
static void tell_remarks(struct check_scene *s)
{
    for (size_t i = 0; i < s->settings->remark_count; i++)
        check_report_remark(&s->report, &s->settings->remarks[i]);
}

/* Each row is read twice then, the second time as it will be when it is sent: not worth it while
 * something else is wrong. */
static int check_one(struct check_scene *s, const char *path, struct error *err)
{
    size_t before = s->report.errors;
    char *inside = check_path_campaign(path);
    const char *file = inside != NULL ? inside : path;
    int rc = check_path(s, file, err);
    bool sound = rc == 0 && s->report.errors == before;
    for (size_t i = 0; sound && i < s->campaign_count; i++) {
        const struct campaign *c = s->campaigns[i];
        if (c == NULL || !text_equal(c->file, file))
            continue;
        rc = check_rows(s, c, err);
        sound = false;
    }
    free(inside);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct check_scene scene;
    int rc = check_scene_open(inv, &scene, err);
    scene.has_left = check_books_has_left;
    if (rc == 0 && scene.settings != NULL && option_given(inv, "fix"))
        rc = fix_files(inv, scene.settings, err);
    if (rc == 0 && scene.settings != NULL)
        tell_remarks(&scene);
    if (rc == 0 && scene.settings != NULL && !option_given(inv, "no-environment"))
        check_settings_signing(&scene);
    if (rc == 0 && scene.settings != NULL && argument_count(inv) == 0)
        rc = check_all(&scene, err);
    for (size_t i = 0; rc == 0 && scene.settings != NULL && i < argument_count(inv); i++)
        rc = check_one(&scene, argument_at(inv, i), err);
    if (rc == 0 && scene.library != NULL && option_given(inv, "golden"))
        golden_check(scene.library, inv, scene.problems.tell, scene.problems.context);
    if (rc == 0) {
        size_t letters = scene.library != NULL ? library_template_count(scene.library) : 0;
        bool whole = argument_count(inv) == 0;
        if (whole)
            check_scene_tell_drafts(&scene);
        check_scene_print_footer(&scene);
        check_report_total(&scene.report, letters, whole ? "letter" : NULL, "letters");
        rc = check_report_status(&scene.report);
    }
    check_scene_close(&scene);
    return rc;
}

static const struct option_row options[] = {
    {"strict", 0, NULL, "warnings count as errors"},
    {"format", 0, "text|github", "github: findings as lines that its pages show at their place"},
    {"fix", 0, NULL, "first mend what cannot change a meaning: Unicode form, line ends, quotes"},
    {"no-environment", 0, NULL, "do not read secrets: for a check on another machine"},
    {"golden", 0, NULL, "do all letters say what their golden files do? (see golden write)"},
    {"at", 0, "TIME", "judge as of this time, like 2026-11-24T09:00:00+09:00 (default: now)"},
    {"facts", 0, "FILE", "a template: with the facts of this sheet"},
    {"cohort", 0, "NAME", "and as this cohort has them"},
    {"audience", 0, "CSV", "and the SMS as long as the longest of these people makes it"},
};

const struct command command_check = {
    .name = "check",
    .arguments = "[PATH...]",
    .summary = "check configuration, letters, facts, campaigns: language, law and length",
    .example = "  dispatcher check\n"
               "  dispatcher check templates/apology --strict\n",
    .details =
        "Without PATH: the configuration, its rules, locales, SMS gateways and all letters, each\n"
        "held to the rules of law it names. PATH is the folder of a template, a campaign, a fact\n"
        "sheet, a locale, a gateway or a rule set; for a campaign also its cohorts and the\n"
        "longest SMS of every audience. What cannot work in the configuration is told in any "
        "case.\n"
        "Prints every problem as file:line:column, mostly with the line it is about.\n"
        "Exit status 65 if there are errors. What a clock of the law finds too late is printed as\n"
        "an error but does not count as one: a late notice must still leave.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_max = 1000,
    .run = run,
};
