#include "model/settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/text.h"

static void free_organisation(struct organisation *o)
{
    for (size_t i = 0; i < o->field_count; i++) {
        free(o->fields[i].locale);
        free(o->fields[i].key);
        free(o->fields[i].value);
    }
    free(o->fields);
    free(o->domain);
    free(o->from_address);
    free(o->reply_to);
    free(o->bounce_address);
}

static void free_transport(struct transport *t)
{
    for (size_t i = 0; i < t->domain_count; i++)
        free(t->domains[i].domain);
    free(t->domains);
    free(t->name);
    free(t->directory);
    free(t->smtp.host);
    free(t->smtp.ca_file);
    free(t->smtp.helo_name);
    free(t->smtp.user);
    free(t->smtp.password);
    gateway_free(t->sms.gateway);
    free(t->sms.sender);
    free(t->sms.ca_file);
    free(t->webhook.ca_file);
}

static void free_endpoint(struct endpoint *e)
{
    for (size_t i = 0; i < e->header_count; i++) {
        free(e->headers[i].name);
        free(e->headers[i].value);
    }
    free(e->headers);
    free(e->name);
    free(e->url);
    free(e->secret);
}

static void free_rule(struct rule *r)
{
    free(r->name);
    free(r->campaign);
    free(r->template_pattern);
    free(r->category);
    free(r->locale);
    free(r->priority);
    free(r->template_name);
    free(r->use_locale);
}

static void free_rules(struct rules *r)
{
    for (size_t i = 0; i < r->alias_count; i++) {
        free(r->aliases[i].from);
        free(r->aliases[i].to);
    }
    free(r->aliases);
    for (size_t i = 0; i < r->count; i++)
        free_rule(&r->rules[i]);
    free(r->rules);
    free(r->file);
    free(r->fallback_locale);
}

void settings_free(struct settings *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->allow_count; i++)
        free(s->allow[i]);
    free(s->allow);
    for (size_t i = 0; i < s->registered_sender_count; i++)
        free(s->registered_senders[i]);
    free(s->registered_senders);
    for (size_t i = 0; i < s->transport_count; i++)
        free_transport(&s->transports[i]);
    free(s->transports);
    for (size_t i = 0; i < s->endpoint_count; i++)
        free_endpoint(&s->endpoints[i]);
    free(s->endpoints);
    free_organisation(&s->organisation);
    free_rules(&s->rules);
    free(s->file);
    free(s->spool);
    free(s->templates);
    free(s->locales);
    free(s->gateways);
    free(s->law);
    free(s->control_socket);
    free(s->timezone);
    *s = (struct settings){0};
}

const struct transport *settings_find_transport(const struct settings *s, const char *name)
{
    for (size_t i = 0; i < s->transport_count; i++) {
        if (strcmp(s->transports[i].name, name) == 0)
            return &s->transports[i];
    }
    return NULL;
}

const struct endpoint *settings_find_endpoint(const struct settings *s, const char *name)
{
    for (size_t i = 0; i < s->endpoint_count; i++) {
        if (strcmp(s->endpoints[i].name, name) == 0)
            return &s->endpoints[i];
    }
    return NULL;
}

const struct transport *settings_transport_for(const struct settings *s, enum channel_kind channel)
{
    for (size_t i = 0; i < s->transport_count; i++) {
        if (s->transports[i].channel == channel)
            return &s->transports[i];
    }
    return NULL;
}

const struct rate *settings_domain_rate(const struct transport *t, const char *domain)
{
    static const struct rate unlimited = {0};
    const struct rate *found = &unlimited;
    for (size_t i = 0; i < t->domain_count; i++) {
        if (strcasecmp(t->domains[i].domain, domain) == 0)
            return &t->domains[i].rate;
        if (strcmp(t->domains[i].domain, "default") == 0)
            found = &t->domains[i].rate;
    }
    return found;
}

static char *lower_ascii(const char *text)
{
    char *copy = xstrdup(text);
    for (char *c = copy; *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    }
    return copy;
}

bool settings_allows(const struct settings *s, const char *address)
{
    char *wanted = lower_ascii(address);
    bool allowed = false;
    for (size_t i = 0; i < s->allow_count && !allowed; i++) {
        char *pattern = lower_ascii(s->allow[i]);
        allowed = text_matches_wildcard(pattern, wanted);
        free(pattern);
    }
    free(wanted);
    return allowed;
}
