#include "operator/command_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "model/settings.h"
#include "operator/check_report.h"
#include "render/fixtures.h"
#include "render/library.h"

static int check_letters(struct check_report *c, const struct settings *s, size_t *out_templates,
                         struct error *err)
{
    struct library *library = NULL;
    const struct library_options options = {
        .templates = s->templates,
        .locales = s->locales,
        .default_zone = s->timezone,
        .organisation = &s->organisation,
        .problem = check_report_problem,
        .problem_context = c,
    };
    int rc = library_load(&options, &library, err);
    if (rc == 0)
        rc = library_check_rules(library, &s->rules, check_report_problem, c, err);
    if (rc == 0)
        fixtures_check(library, check_report_problem, c);
    *out_templates = library != NULL ? library_template_count(library) : 0;
    library_free(library);
    if (rc != 0 && c->errors > 0)
        return 0; /* told already, one by one */
    return rc;
}

static void check_fallback(struct check_report *c, const struct settings *s)
{
    for (size_t i = 0; i < s->rules.count; i++) {
        const struct rule *r = &s->rules.rules[i];
        if (r->campaign == NULL && r->template_pattern == NULL && r->category == NULL &&
            r->locale == NULL && r->priority == NULL)
            return;
    }
    const struct problem p = {
        PROBLEM_WARNING, s->rules.file,
        "there is no rule without `when`; a notice that matches none and names no "
        "channels is refused",
        "rules-default"};
    check_report_problem(c, &p);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct check_report c = {.inv = inv};
    struct config_options options = *invocation_config(inv);
    struct settings *settings = NULL;
    size_t templates = 0;
    options.without_secrets = option_given(inv, "no-environment");
    int rc = config_load(&options, &settings, err);
    if (rc == ERR_CONFIG) {
        check_report_failure(&c, err);
        rc = 0;
    } else if (rc == 0) {
        check_fallback(&c, settings);
        rc = check_letters(&c, settings, &templates, err);
    }
    if (settings != NULL)
        settings_free(settings);
    free(settings);
    if (rc != 0)
        return rc;
    check_report_total(&c, templates, "letter", "letters");
    return check_report_status(&c);
}

static const struct option_row options[] = {
    {"strict", 0, NULL, "warnings count as errors"},
    {"no-environment", 0, NULL, "do not read secrets: for a check on another machine"},
};

const struct command command_check = {
    .name = "check",
    .arguments = "",
    .summary = "check configuration, rules, letters and locales",
    .details = "Prints every problem as file:line:column, those of letters with the source line. "
               "Exit status 65 if "
               "there are errors.",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
