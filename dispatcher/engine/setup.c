#include "engine/setup.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/clock.h"
#include "channel/dkim_signature.h"
#include "engine/token_draw.h"

static int load_library(struct setup *s, bool drafts, struct error *err)
{
    const struct library_options options = {
        .templates = s->settings->templates,
        .locales = s->settings->locales,
        .default_zone = s->settings->timezone,
        .organisation = &s->settings->organisation,
        .drafts = drafts,
        .leave_out = true,
    };
    return library_load(&options, &s->library, err);
}

int setup_check_signing(const struct settings *s, struct error *err)
{
    struct error why = {0};
    if (s->dkim.domain == NULL || dkim_signature_check(&s->dkim, &why) == 0)
        return 0;
    return error_set(err, why.code, "%s: %s", settings_position(s, "dkim.key"), why.text);
}

/* A key that cannot sign is found now, not at the first mail. Who does not read secrets does not
 * send: what they look at is unsigned. */
static int prepare_signing(struct settings *s, bool without_secrets, struct error *err)
{
    if (!without_secrets)
        return setup_check_signing(s, err);
    free(s->dkim.domain);
    s->dkim.domain = NULL;
    return 0;
}

static int load(const struct config_options *options, int generation, bool drafts,
                struct setup **out, struct error *err)
{
    struct setup *s = xcalloc(1, sizeof(*s));
    s->generation = generation;
    s->references = 1;
    *out = NULL;
    struct config_options dated = *options;
    dated.today = clock_wall_ms() / 86400000;
    int rc = config_load(&dated, &s->settings, err);
    if (rc == 0)
        rc = prepare_signing(s->settings, options->without_secrets, err);
    if (rc == 0)
        rc = load_library(s, drafts, err);
    if (rc == 0)
        rc = library_check_rules(s->library, &s->settings->rules, NULL, NULL, err);
    if (rc != 0) {
        setup_release(s);
        return rc;
    }
    *out = s;
    return 0;
}

int setup_load(const struct config_options *options, int generation, struct setup **out,
               struct error *err)
{
    return load(options, generation, false, out, err);
}

int setup_reload(const struct config_options *options, const struct setup *old, struct setup **out,
                 struct error *err)
{
    int rc = setup_load(options, old->generation + 1, out, err);
    if (rc == 0)
        rc = library_keep((*out)->library, old->library, err);
    if (rc == 0 || *out == NULL)
        return rc;
    setup_release(*out);
    *out = NULL;
    return rc;
}

int setup_load_drafts(const struct config_options *options, struct setup **out, struct error *err)
{
    return load(options, 1, true, out, err);
}

void setup_tell_remarks(const struct setup *s)
{
    for (size_t i = 0; i < s->settings->remark_count; i++)
        log_event(LOG_WARN, "config.remark", "note=\"%s\"", s->settings->remarks[i].text);
}

void setup_tell_letters(const struct setup *s)
{
    struct library_fault f;
    for (size_t i = 0; library_fault_at(s->library, i, &f); i++)
        log_event(
            LOG_ERR, f.kept ? "letter.kept" : "letter.left_out",
            "letter=%s reason=\"%s\" note=\"%s\" action=\"mend it, then `dispatcher check` and "
            "`dispatcher reload`\"",
            f.name, f.reason,
            f.kept ? "its version of before stays in use" : "what names it waits");
}

int setup_take_key(struct setup *s, struct error *err)
{
    return token_draw_key(s->settings->spool, s->settings->token_key, err);
}

const char *setup_zone(const struct setup *s, const char *zone, const char *locale)
{
    if (zone != NULL && *zone != '\0')
        return zone;
    if (s->settings->timezone != NULL)
        return s->settings->timezone;
    return library_zone(s->library, locale);
}

struct setup *setup_retain(struct setup *s)
{
    s->references++;
    return s;
}

void setup_release(struct setup *s)
{
    if (s == NULL || --s->references > 0)
        return;
    library_free(s->library);
    if (s->settings != NULL)
        settings_free(s->settings);
    free(s->settings);
    free(s);
}
