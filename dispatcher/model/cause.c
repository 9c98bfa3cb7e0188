#include "model/cause.h"

#include <string.h>

#include "base/attributes.h"
#include "base/text.h"

/* By alphabet. */
static const struct cause {
    const char *name;
    const char *sentence;
    bool lasting;
} causes[] = {
    /* clang-format off */
    {"accepted", "The next server took the message and is responsible for it now.", false},
    {"ad_rules", "The gateway refuses advertising that does not name a free way to refuse more. Check the text.", false},
    {"auth", "Our login was refused. Check user, password, token or key of the transport.", false},
    {"bad_address", "The address cannot exist in this form. Correct it and send the notice again.", false},
    {"bad_callback", "The gateway does not accept the address at which it should report. Check api.public_url.", false},
    {"bad_recipient", "The address does not exist there. Ask the person for another one.", true},
    {"bad_request", "The request could not be made. Look at the transport's or endpoint's configuration.", false},
    {"bad_sender", "The sender is not accepted in this country. Register it there, or set another one with senders.", false},
    {"bad_text", "The gateway cannot send this text: empty, too long, or with characters it does not know.", false},
    {"balance", "The gateway wants to be paid before it sends more.", false},
    {"blocked_address", "The address leads into a private network. allow_private: true would permit it.", false},
    {"blocklisted", "The sending server's address stands on a blocklist. Ask whoever runs it to have it removed.", false},
    {"busy", "The server has too much to do at the moment. It is tried again.", false},
    {"complaint", "The person complained about an earlier message.", false},
    {"compose", "The message could not be put into the form this channel needs.", false},
    {"config", "The transport cannot be used as it is configured.", false},
    {"confirmed", "The message reached the recipient's mailbox or device.", false},
    {"connect", "The server could not be reached. It is tried again.", false},
    {"connection_lost", "The connection broke.", false},
    {"content", "The server refuses what the message contains, or how it is built.", false},
    {"country_not_enabled", "The gateway's account is not allowed to send to this country. Enable it there.", false},
    {"daily_limit", "The account's limit for a day is used up. It is tried again.", false},
    {"deadline", "The attempt took longer than the transport's deadline and was ended.", false},
    {"destination_rest", "Its destination failed repeatedly and rests for a while.", false},
    {"disk", "The disk is too full to go on.", false},
    {"dns", "The server's name could not be resolved. It is tried again.", false},
    {"domain_unknown", "The domain behind the @ does not exist or takes no mail. Check how it is written.", false},
    {"duplicate", "The gateway has sent the same text to the same number a moment ago.", false},
    {"duplicate_recipient", "Another line of the batch already goes to this address.", false},
    {"endpoint_disabled", "The endpoint is disabled. `dispatcher endpoint enable` frees what waits for it.", false},
    {"endpoint_gone", "The receiver says that it is gone for good. Change its url or remove it.", false},
    {"expired", "Its time was over before it could be delivered.", false},
    {"greeting", "The mail server does not serve us at the moment.", false},
    {"greylisted", "The server asks strangers to come back later. It is tried again.", false},
    {"invalid", "The line of the batch cannot be used.", false},
    {"job", "The notice can no longer be read.", false},
    {"locale_fallback", "The letter is not written in the recipient's language; somebody must decide.", false},
    {"lost_id", "The gateway took the message and did not say how it calls it: it may have arrived.", false},
    {"mailbox", "The mailbox cannot be used at the moment. It is tried again.", false},
    {"mailbox_disabled", "The mailbox was closed or switched off. Ask the person for another address.", true},
    {"mailbox_full", "The mailbox is full.", false},
    {"malformed", "The composed message would have been unsafe to send. This is a fault of the program.", false},
    {"missing", "The file of the notice is gone or damaged.", false},
    {"moved", "The receiver answered that it moved. Change the url in the configuration.", false},
    {"no_report", "The attempt ended without saying what happened: it may have arrived.", false},
    {"no_route", "The gateway knows no way from our sender to this number. Check its routes, or set another sender with senders.", false},
    {"no_service", "The gateway does not know the service. Check the variables of the transport.", false},
    {"no_time", "Its turn did not come before the packet's deadline. It is tried again.", false},
    {"not_accepted", "The gateway answered without accepting the message.", false},
    {"not_allowed", "The gateway's account is not allowed to do this. Check its rights.", false},
    {"not_found", "The receiver has nothing at this url. Check the endpoint's url.", false},
    {"not_whitelisted", "The gateway's trial account may only send to numbers on its own list.", false},
    {"odd_answer", "The answer was none this program understands.", false},
    {"operator", "An operator decided it.", false},
    {"opted_out", "The person does not want any more messages on this channel.", false},
    {"outbox", "The letter lies in the outbox folder; nothing was sent.", false},
    {"overload", "The gateway has too much to do at the moment. It is tried again.", false},
    {"overloaded", "The receiver has too much to do at the moment. It is tried again.", false},
    {"poison", "Workers died of this message again and again; it is not tried any more.", false},
    {"policy", "The server refuses the message by a rule of its own. Ask its operator, or ours, why.", false},
    {"prefix_denied", "The transport sends nothing to numbers of this country. See allow_prefixes and deny_prefixes.", false},
    {"protocol", "The server answered something that does not fit the protocol.", false},
    {"purged", "Its text was deleted when its keeping time was over.", false},
    {"rate", "It waits for its turn: the transport's rate is used up.", false},
    {"rate_limited", "The server wants fewer messages in a time. Sending slows down and goes on.", false},
    {"recipient_refused", "The server refuses this recipient without saying why.", false},
    {"refused", "The receiver refuses the message.", false},
    {"relay_denied", "Our mail server does not pass on mail for us. Check login, port and its list of allowed clients.", false},
    {"render", "The letter could not be filled with the notice's facts.", false},
    {"routing", "The mail server knows no way to this domain, or the mail went in circles.", false},
    {"sender_host", "The receiving server objects to the name or reverse DNS of the sending server.", false},
    {"sender_not_ours", "The mail server does not let our login send as this sender. Allow organisation.from and organisation.bounce for it.", false},
    {"sender_refused", "The sender address is not accepted. Check organisation.from and organisation.bounce.", false},
    {"sender_unverified", "SPF, DKIM or DMARC of our domain do not cover the sending server. Correct them in DNS.", false},
    {"server", "The server has a problem of its own. It is tried again.", false},
    {"server_error", "The server failed. It is tried again.", false},
    {"server_full", "The server has no room left. It is tried again.", false},
    {"signature_used", "The gateway has seen this signature before. It is tried again with a new one.", false},
    {"spam_suspected", "The server takes the message for spam.", false},
    {"timeout", "No answer came in time.", false},
    {"tls", "No trusted encrypted connection could be made. Check ca_file, host and the certificate.", false},
    {"tls_required", "The server asks for encryption. Set tls: required at the transport.", false},
    {"too_early", "The receiver wants the notice later. It is tried again.", false},
    {"too_large", "The message is larger than the server takes.", false},
    {"transient", "The server refuses for the moment without saying why. It is tried again.", false},
    {"trial_mode", "Trial mode is on and the address is not on the list of allowed ones.", false},
    {"unavailable", "The receiver is not available. It is tried again.", false},
    {"undelivered", "It was reported later that it did not arrive.", false},
    {"unexpected_answer", "The gateway answered something its description does not know.", false},
    {"unreadable_answer", "The gateway answered with success, but its answer could not be read: it may have taken the message.", false},
    {"window", "It waits for the hours in which messages may be sent.", false},
    {"worker_crash", "The process that sent it died: it may have arrived.", false},
    /* clang-format on */
};

static const struct cause *find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(causes); i++)
        if (strcmp(causes[i].name, name) == 0)
            return &causes[i];
    return NULL;
}

const char *cause_sentence(const char *cause)
{
    const struct cause *found = find(cause);
    return found != NULL ? found->sentence : NULL;
}

bool cause_is_lasting(const char *cause)
{
    const struct cause *found = find(cause);
    return found != NULL && found->lasting;
}

const char *cause_name(size_t index)
{
    return index < COUNT_OF(causes) ? causes[index].name : NULL;
}

int cause_check(const char *cause, struct error *err)
{
    const char *names[COUNT_OF(causes)];
    if (find(cause) != NULL)
        return 0;
    for (size_t i = 0; i < COUNT_OF(causes); i++)
        names[i] = causes[i].name;
    const char *meant = text_closest(cause, names, COUNT_OF(names));
    if (meant == NULL)
        return error_set(err, ERR_INPUT, "\"%.40s\" is no known cause; docs/gateways.md lists them",
                         cause);
    return error_set(err, ERR_INPUT,
                     "\"%.40s\" is no known cause: did you mean %s? docs/gateways.md lists them",
                     cause, meant);
}
