#include "model/settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/text.h"

static void free_list(char **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

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

static void free_smtp(struct smtp_settings *smtp)
{
    for (size_t i = 0; i < smtp->host_count; i++)
        free(smtp->hosts[i].host);
    free(smtp->hosts);
    free(smtp->host);
    free(smtp->ca_file);
    free(smtp->helo_name);
    free(smtp->user);
    free(smtp->password);
    free(smtp->oauth_token);
}

static void free_sms(struct sms_settings *sms)
{
    for (size_t i = 0; i < sms->sender_count; i++) {
        free(sms->senders[i].prefix);
        free(sms->senders[i].sender);
    }
    for (size_t i = 0; i < sms->price_count; i++)
        free(sms->prices[i].prefix);
    free(sms->senders);
    free(sms->prices);
    free_list(sms->allow_prefixes, sms->allow_prefix_count);
    free_list(sms->deny_prefixes, sms->deny_prefix_count);
    gateway_free(sms->gateway);
    free(sms->sender);
    free(sms->ca_file);
    free(sms->currency);
}

static void free_transport(struct transport *t)
{
    for (size_t i = 0; i < t->window_count; i++)
        free(t->windows[i].country);
    free(t->windows);
    free_list(t->failover, t->failover_count);
    free_smtp(&t->smtp);
    free_sms(&t->sms);
    for (size_t i = 0; i < t->domain_count; i++)
        free(t->domains[i].domain);
    free(t->domains);
    free(t->name);
    free(t->directory);
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
    free(e->old_secret);
    free(e->signing_key);
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

static void free_roles(struct campaign_role *roles, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(roles[i].name);
        free_list(roles[i].users, roles[i].user_count);
        free_list(roles[i].groups, roles[i].group_count);
    }
    free(roles);
}

void settings_free(struct settings *s)
{
    if (s == NULL)
        return;
    free(s->control.operate);
    free(s->control.approve);
    free(s->control.enqueue);
    free_roles(s->roles, s->role_count);
    free_list(s->campaign_approvals, s->campaign_approval_count);
    free_list(s->allow, s->allow_count);
    free_list(s->testers, s->tester_count);
    free_list(s->secret_variables, s->secret_variable_count);
    free_list(s->registered_senders, s->registered_sender_count);
    free_list(s->unsubscribe_categories, s->unsubscribe_category_count);
    free_list(s->suppress_override, s->suppress_override_count);
    free(s->attachments);
    free(s->dkim.domain);
    free(s->dkim.selector);
    free(s->dkim.key);
    free(s->unsubscribe_url);
    free(s->unsubscribe_mail);
    free(s->api_listen);
    free(s->api_public_url);
    for (size_t i = 0; i < s->transport_count; i++)
        free_transport(&s->transports[i]);
    free(s->transports);
    for (size_t i = 0; i < s->endpoint_count; i++)
        free_endpoint(&s->endpoints[i]);
    free(s->endpoints);
    free_organisation(&s->organisation);
    free_rules(&s->rules);
    for (size_t i = 0; i < s->remark_count; i++)
        free(s->remarks[i].text);
    free(s->remarks);
    for (size_t i = 0; i < s->place_count; i++) {
        free(s->places[i].key);
        free(s->places[i].position);
    }
    free(s->places);
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

const char *settings_position(const struct settings *s, const char *key)
{
    for (size_t i = 0; i < s->place_count; i++) {
        if (strcmp(s->places[i].key, key) == 0)
            return s->places[i].position;
    }
    return s->file;
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

const struct domain_rate *settings_find_domain(const struct transport *t, const char *domain)
{
    const struct domain_rate *found = NULL;
    for (size_t i = 0; i < t->domain_count; i++) {
        if (strcasecmp(t->domains[i].domain, domain) == 0)
            return &t->domains[i];
        if (strcmp(t->domains[i].domain, "default") == 0)
            found = &t->domains[i];
    }
    return found;
}

const struct rate *settings_domain_rate(const struct transport *t, const char *domain)
{
    static const struct rate unlimited = {0};
    const struct domain_rate *found = settings_find_domain(t, domain);
    return found != NULL ? &found->rate : &unlimited;
}

const struct send_window *settings_window(const struct transport *t, const char *country)
{
    for (size_t i = 0; country != NULL && i < t->window_count; i++) {
        if (strcmp(t->windows[i].country, country) == 0)
            return &t->windows[i].window;
    }
    return &t->window;
}

const struct sms_price *settings_sms_price(const struct sms_settings *sms, const char *number)
{
    const struct sms_price *found = NULL, *otherwise = NULL;
    for (size_t i = 0; i < sms->price_count; i++) {
        const struct sms_price *price = &sms->prices[i];
        if (strcmp(price->prefix, "default") == 0)
            otherwise = price;
        else if (text_starts_with(number, price->prefix) &&
                 (found == NULL || strlen(price->prefix) > strlen(found->prefix)))
            found = price;
    }
    return found != NULL ? found : otherwise;
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
