#include "operator/route.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "engine/category.h"
#include "model/json.h"
#include "operator/command_list.h"

/* ---- steps ---- */

void route_step(const struct route_scene *s, const char *where, const char *subject,
                const char *format, ...)
{
    struct buf sentence = {0}, line = {0}, visible = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&sentence, format, args);
    va_end(args);
    if (s->json) {
        buf_puts(&line, "{\"v\":1,\"where\":");
        buf_put_json(&line, where);
        buf_puts(&line, ",\"step\":");
        buf_put_json(&line, subject);
        buf_puts(&line, ",\"text\":");
        buf_put_json(&line, buf_text(&sentence));
        printf("%s}\n", buf_text(&line));
    } else {
        say_put_sentence(s->inv, &line, buf_text(&sentence));
        text_put_visible(&visible, buf_text(&line), line.len);
        say(s->inv, stdout, "%-20s  %-9s  %s\n", where != NULL ? where : "-",
            say_word(s->inv, subject), buf_text(&visible));
    }
    buf_free(&sentence);
    buf_free(&line);
    buf_free(&visible);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

void route_put_job_place(const struct route_scene *s, const char *path, struct buf *out)
{
    struct json_position p = json_position(s->text, s->len, path, true);
    buf_printf(out, "%s:%d", base_name(s->shown), p.line);
}

void route_put_rule_place(const struct route_scene *s, const struct rule *rule, struct buf *out)
{
    const char *file = s->setup->settings->rules.file;
    buf_puts(out, base_name(file != NULL ? file : "rules.yaml"));
    if (rule != NULL)
        buf_printf(out, ":%d", rule->line);
}

static void put_config(const struct route_scene *s, const struct yaml_node *at, struct buf *out)
{
    buf_puts(out, base_name(s->setup->settings->file));
    if (at != NULL)
        buf_printf(out, ":%d", at->key_line > 0 ? at->key_line : at->line);
}

void route_put_transport_place(const struct route_scene *s, const char *name, const char *member,
                               struct buf *out)
{
    const struct yaml_node *at = yaml_get(yaml_get(s->config, "transports"), name);
    const struct yaml_node *inner = member != NULL ? yaml_get(at, member) : NULL;
    put_config(s, inner != NULL ? inner : at, out);
}

void route_put_config_place(const struct route_scene *s, const char *key, struct buf *out)
{
    put_config(s, yaml_get(s->config, key), out);
}

/* ---- rules ---- */

static const char *value_of(const struct rule *rule, const char *member)
{
    const struct {
        const char *name, *value;
    } conditions[] = {{"campaign", rule->campaign},
                      {"template", rule->template_pattern},
                      {"category", rule->category},
                      {"locale", rule->locale},
                      {"priority", rule->priority}};
    for (size_t i = 0; i < COUNT_OF(conditions); i++) {
        if (strcmp(conditions[i].name, member) == 0)
            return conditions[i].value;
    }
    return "";
}

static const char *value_in(const struct job *job, const char *category, const char *locale,
                            const char *member)
{
    static const char *const priorities[] = {"low", "normal", "high"};
    const struct {
        const char *name, *value;
    } values[] = {{"campaign", job->campaign},
                  {"template", job->template_name},
                  {"category", category},
                  {"locale", locale},
                  {"priority", priorities[job->priority]}};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        if (strcmp(values[i].name, member) == 0)
            return values[i].value;
    }
    return NULL;
}

static void explain_rule(const struct route_scene *s, const struct rule *rule,
                         const struct job *job, const char *category, const char *locale)
{
    const char *member = route_find_mismatch(rule, job, category, locale);
    struct buf where = {0};
    route_put_rule_place(s, rule, &where);
    if (member == NULL) {
        route_step(s, where.data, "rule", "`%s` matches", rule->name);
        route_decisions_add(s->decisions, "rule", rule->name, where.data);
    } else {
        const char *wanted = value_of(rule, member);
        const char *value = value_in(job, category, locale, member);
        if (value == NULL)
            route_step(s, where.data, "rule",
                       "`%s` does not match: it wants %s %s, the notice has none", rule->name,
                       member, wanted);
        else
            route_step(s, where.data, "rule",
                       "`%s` does not match: it wants %s %s, the notice has %s", rule->name, member,
                       wanted, value);
    }
    buf_free(&where);
}

/* All up to the first that matches: behind it nobody is asked. */
static void explain_rules(const struct route_scene *s, const struct job *job, const char *category,
                          const char *locale)
{
    const struct rules *rules = &s->setup->settings->rules;
    struct buf where = {0};
    for (size_t i = 0; i < rules->count; i++) {
        explain_rule(s, &rules->rules[i], job, category, locale);
        if (route_find_mismatch(&rules->rules[i], job, category, locale) == NULL)
            return;
    }
    route_put_rule_place(s, NULL, &where);
    route_step(s, where.data, "rule", "none matches");
    route_decisions_add(s->decisions, "rule", "none", where.data);
    buf_free(&where);
}

/* ---- template, language, channels ---- */

static void explain_template(const struct route_scene *s, const struct route *route,
                             const struct job *job)
{
    struct buf where = {0};
    if (job->template_name != NULL)
        route_put_job_place(s, "/template", &where);
    else
        route_put_rule_place(s, route->rule, &where);
    route_step(s, where.data, "template", "%s", route->template_name);
    route_decisions_add(s->decisions, "template", route->template_name, where.data);
    buf_free(&where);
}

/* Rules, the override of the suppression list, unsubscribing: all go by it. */
static void explain_category(const struct route_scene *s, const struct intake_plan *plan)
{
    const char *category = plan->category != NULL ? plan->category : "none";
    struct buf where = {0};
    if (plan->job->category != NULL)
        route_put_job_place(s, "/category", &where);
    else if (plan->category != NULL)
        buf_printf(&where, "%s/template.yaml", plan->route.template_name);
    if (plan->category != NULL)
        route_step(s, where.data, "category", "%s", category);
    else
        route_step(s, where.data, "category", "none: neither the notice nor its letter names one");
    route_decisions_add(s->decisions, "category", category, where.data);
    buf_free(&where);
}

static void explain_language(const struct route_scene *s, const struct intake_plan *plan)
{
    static const char *const policies[] = {[FALLBACK_WARN] = "it is sent, and counted",
                                           [FALLBACK_HOLD] = "it is held until somebody retries it",
                                           [FALLBACK_FAIL] = "it is refused"};
    const struct route *route = &plan->route;
    struct buf where = {0};
    if (plan->job->locale != NULL)
        route_put_job_place(s, "/locale", &where);
    else
        route_put_rule_place(s, route->locale_is_fallback ? NULL : route->rule, &where);
    if (plan->fallback)
        route_step(s, where.data, "language", "%s is a fallback for %s: %s", plan->locale,
                   route->locale, policies[route->on_fallback]);
    else
        route_step(s, where.data, "language", "%s, written in %s", route->locale, plan->locale);
    route_decisions_add(s->decisions, "locale", plan->locale, where.data);
    route_decisions_add(s->decisions, "fallback", plan->fallback ? "yes" : "no", where.data);
    buf_free(&where);
}

static void explain_dropped(const struct route_scene *s, const struct route *route)
{
    static const char *const members[CHANNEL_KINDS] = {
        [CHANNEL_EMAIL] = "to.email", [CHANNEL_SMS] = "to.phone", [CHANNEL_WEBHOOK] = "to.webhook"};
    struct buf where = {0};
    route_put_job_place(s, "/to", &where);
    for (size_t i = 0; i < route->dropped_count; i++)
        route_step(s, where.data, "channels", "%s is left out: the notice has no %s",
                   channel_kind_name(route->dropped[i]), members[route->dropped[i]]);
    buf_free(&where);
}

static void explain_channels(const struct route_scene *s, const struct route *route,
                             const struct job *job)
{
    struct buf where = {0}, names = {0};
    if (job->channel_count > 0)
        route_put_job_place(s, "/routing", &where);
    else
        route_put_rule_place(s, route->rule, &where);
    for (size_t i = 0; i < route->channel_count; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", channel_kind_name(route->channels[i]));
    route_step(s, where.data, "channels", "%s: %s", buf_text(&names),
               route->method == JOB_ALL ? "all of them"
                                        : "one after the other, until one has told the person");
    route_decisions_add(s->decisions, "channels", buf_text(&names), where.data);
    route_decisions_add(s->decisions, "method", route->method == JOB_ALL ? "all" : "single",
                        where.data);
    buf_free(&where);
    buf_free(&names);
    explain_dropped(s, route);
}

/* ---- all of it ---- */

static void explain_expiry(const struct route_scene *s, const struct job *job)
{
    char utc[CLOCK_TEXT_SIZE], local[64];
    struct buf where = {0};
    if (job->expires_at_ms == 0)
        return;
    const char *when =
        output_time(clock_format_rfc3339(job->expires_at_ms, utc), local, sizeof(local));
    route_put_job_place(s, "/expires_at", &where);
    if (job->expires_at_ms <= s->now_ms)
        route_step(s, where.data, "expires", "%s: that is over, nothing is sent", when);
    else
        route_step(s, where.data, "expires", "%s", when);
    buf_free(&where);
}

/* The locale rules are asked with, also where the route itself cannot be decided. */
static int decide(const struct route_scene *s, const struct job *job, struct error *err)
{
    struct route route;
    struct error why;
    const char *category = category_of(s->setup->library, job, job->template_name);
    int rc = route_decide(&s->setup->settings->rules, job, category, &route, &why);
    explain_rules(s, job, category, route.locale);
    return rc == 0 ? 0 : error_set(err, rc, "%s: %s", s->shown, why.text);
}

static int explain(const struct route_scene *s, struct error *err)
{
    const struct intake_source from = {s->text, s->len, s->shown, 1};
    struct intake_plan plan;
    struct job *job = NULL;
    int rc = job_parse(s->text, s->len, s->shown, 1, &job, err);
    if (rc == 0 && (rc = decide(s, job, err)) != 0)
        job_free(job);
    if (rc == 0)
        rc = intake_plan_job(s->setup, job, &from, &plan, err);
    if (rc != 0)
        return rc;
    explain_template(s, &plan.route, plan.job);
    explain_category(s, &plan);
    explain_language(s, &plan);
    explain_channels(s, &plan.route, plan.job);
    explain_expiry(s, plan.job);
    for (size_t i = 0; i < plan.route.channel_count; i++)
        route_explain_channel(s, &plan, i);
    intake_plan_clear(&plan);
    return 0;
}

static int read_job(const char *name, const char *shown, struct buf *out, struct error *err)
{
    if (strcmp(name, "-") == 0)
        return file_read_stream(STDIN_FILENO, shown, JOB_TEXT_MAX, out, err);
    if (access(name, F_OK) != 0 && strchr(name, '/') == NULL && strchr(name, '.') == NULL)
        return error_set(err, ERR_NOT_FOUND,
                         "there is no file %s: route explain wants the file of a notice as it is "
                         "handed over (JSON, or - for standard input), not an id; what became of a "
                         "notice says `dispatcher show %s`",
                         name, name);
    return file_read_path(name, JOB_TEXT_MAX, out, err);
}

static int read_time(const struct invocation *inv, int64_t *out, struct error *err)
{
    const char *text = option_value(inv, "at");
    *out = clock_wall_ms();
    if (text == NULL || clock_parse_rfc3339(text, out))
        return 0;
    return error_set(err, ERR_USAGE,
                     "--at wants a time with its offset, like 2026-11-24T09:00:00+09:00, not %s",
                     text);
}

/* With everything opened that a step may be read from. */
static int explain_opened(struct route_scene *s, struct error *err)
{
    struct yaml_node *config = NULL;
    struct error ignored;
    if (yaml_load(s->setup->settings->file, &config, &ignored) != 0)
        config = NULL;
    if (client_open(s->setup->settings, LEDGER_READ, &s->client, &ignored) != 0)
        s->client = NULL;
    s->config = config;
    int rc = explain(s, err);
    client_close(s->client);
    yaml_free(config);
    return rc;
}

static int load_setup(const struct invocation *inv, struct setup **out, struct error *err)
{
    struct config_options options = *invocation_config(inv);
    options.without_secrets = true;
    int rc = setup_load(&options, 1, out, err);
    if (rc == 0)
        client_take_trial((*out)->settings);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    const char *name = argument_at(inv, 0);
    struct route_decisions decisions = {0};
    struct route_scene s = {.inv = inv,
                            .json = invocation_json(inv),
                            .shown = strcmp(name, "-") == 0 ? "standard input" : name,
                            .decisions = &decisions};
    struct setup *setup = NULL;
    struct buf text = {0};
    int rc = read_time(inv, &s.now_ms, err);
    if (rc == 0)
        rc = route_expect_check(inv, err);
    if (rc == 0)
        rc = read_job(name, s.shown, &text, err);
    if (rc == 0)
        rc = load_setup(inv, &setup, err);
    if (rc == 0) {
        s.setup = setup;
        s.text = buf_text(&text);
        s.len = text.len;
        rc = explain_opened(&s, err);
    }
    if (rc == 0)
        rc = route_expect_tell(inv, &decisions);
    route_decisions_clear(&decisions);
    setup_release(setup);
    buf_free(&text);
    return rc;
}

static const struct option_row options[] = {
    {"at", 0, "TIME", "as if it came in then, e.g. 2026-11-24T22:00:00+09:00"},
    {"expect", 0, "KEY=VALUE", "what should come of it, e.g. locale=ko; may be repeated"},
};

const struct command command_route_explain = {
    .name = "route explain",
    .arguments = "JOB.json",
    .summary = "which way a notice would take, and which line of which file decides it",
    .example = "  dispatcher route explain notice.json\n"
               "  dispatcher route explain notice.json --expect locale=ko --expect "
               "channels=email,sms\n",
    .details =
        "Nothing is queued or sent. Each step with the place that decided it: the rules one after\n"
        "the other up to the first that matches, letter and language, channels and what they "
        "lack,\n"
        "for each channel its transport and who stands in for it, suppression, trial mode, hours,\n"
        "how long it has before the next channel's turn comes, and when it would leave.\n\n"
        "JOB.json may be - for standard input. A notice that would be refused ends with 65 and "
        "the\n"
        "reason, behind the steps up to there.\n\n"
        "With --expect the exit status is 1 unless all of it came true, and the line that decided\n"
        "otherwise is named. Keys: rule, template, category, locale (what the letter is written "
        "in),\n"
        "fallback (yes or no), channels (email,sms in their order), method (single or all), "
        "transport,\n"
        "transport.email, transport.sms, transport.webhook.\n\n"
        "JSON: one object per step: v, where (null: nobody wrote it), step, text; per --expect one "
        "of\n"
        "step expect, with met and is.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
