#include "model/cause.h"

#include <string.h>

#include "base/attributes.h"
#include "base/text.h"

/* What it means, and what is said behind it. */
#define SAYS(meaning, advice) meaning, meaning advice

/* By alphabet. */
static const struct cause {
    const char *name;
    const char *meaning;
    const char *sentence;
    const char *cure;
    bool retry;
    bool lasting;
} causes[] = {
    /* clang-format off */
    {"accepted", SAYS("The next server took the message and is responsible for it now.", ""), "", false, false},
    {"ad_rules", SAYS("The gateway refuses advertising that does not name a free way to refuse more.", " Check the text."), "name a free way to refuse more in the text", true, false},
    {"auth", SAYS("Our login was refused.", " Check user, password, token or key of the transport."), "correct the login of the transport", true, false},
    {"bad_address", SAYS("The address cannot exist in this form.", " Correct it and send the notice again."), "correct the address and send the notice again", false, false},
    {"bad_callback", SAYS("The gateway does not accept the address at which it should report.", " Check api.public_url."), "correct api.public_url", true, false},
    {"bad_recipient", SAYS("The address does not exist there.", " Ask the person for another one."), "remove the address from the list", false, true},
    {"bad_request", SAYS("The request could not be made.", " Look at the transport's or endpoint's configuration."), "correct the transport or endpoint", true, false},
    {"bad_sender", SAYS("The sender is not accepted in this country.", " Register it there, or set another one with senders."), "register the sender, or set another one", true, false},
    {"bad_text", SAYS("The gateway cannot send this text: empty, too long, or with characters it does not know.", ""), "correct the letter and send the notice again", false, false},
    {"balance", SAYS("The gateway wants to be paid before it sends more.", ""), "top up the gateway's account", true, false},
    {"blocked_address", SAYS("The address leads into a private network.", " allow_private: true would permit it."), "correct the url, or allow it with allow_private", true, false},
    {"blocklisted", SAYS("The sending server's address stands on a blocklist.", " Ask whoever runs it to have it removed."), "have the sending server taken off the blocklist", true, false},
    {"busy", SAYS("The server has too much to do at the moment.", " It is tried again."), "", true, false},
    {"complaint", SAYS("The person complained about an earlier message.", ""), "do not write to the person again", false, false},
    {"compose", SAYS("The message could not be put into the form this channel needs.", ""), "look at it with dispatcher show ID, and at the letter", true, false},
    {"condition", SAYS("The sender's own system said that the message is not to be sent any more.", ""), "nothing: it was decided there", true, false},
    {"condition_wait", SAYS("The sender's own system did not say whether to send it.", " It is asked again; nothing leaves unasked."), "see that the endpoint of the condition answers", true, false},
    {"config", SAYS("The transport cannot be used as it is configured.", ""), "correct the transport", true, false},
    {"confirmed", SAYS("The message reached the recipient's mailbox or device.", ""), "", false, false},
    {"connect", SAYS("The server could not be reached.", " It is tried again."), "see that the server can be reached", true, false},
    {"connection_lost", SAYS("The connection broke.", ""), "", true, false},
    {"content", SAYS("The server refuses what the message contains, or how it is built.", ""), "look at the letter with dispatcher preview", true, false},
    {"country_not_enabled", SAYS("The gateway's account is not allowed to send to this country.", " Enable it there."), "enable the country at the gateway", true, false},
    {"daily_limit", SAYS("The account's limit for a day is used up.", " It is tried again."), "", true, false},
    {"deadline", SAYS("The attempt took longer than the transport's deadline and was ended.", ""), "", true, false},
    {"destination_rest", SAYS("Its destination failed repeatedly and rests for a while.", ""), "", true, false},
    {"disk", SAYS("The disk is too full to go on.", ""), "make room on the disk", true, false},
    {"dns", SAYS("The server's name could not be resolved.", " It is tried again."), "check the name of the server and the resolver", true, false},
    {"domain_unknown", SAYS("The domain behind the @ does not exist or takes no mail.", " Check how it is written."), "correct the address and send the notice again", false, false},
    {"duplicate", SAYS("The gateway has sent the same text to the same number a moment ago.", ""), "nothing: it has the same text already", false, false},
    {"duplicate_recipient", SAYS("Another line of the batch already goes to this address.", ""), "nothing: another line goes to this address", false, false},
    {"endpoint_disabled", SAYS("The endpoint is disabled.", " `dispatcher endpoint enable` frees what waits for it."), "let it go on with dispatcher endpoint enable", true, false},
    {"endpoint_gone", SAYS("The receiver says that it is gone for good.", " Change its url or remove it."), "change the endpoint's url or remove it", true, false},
    {"escalated", SAYS("Its time was over, and the next channel took its turn.", ""), "nothing: the next channel has it", false, false},
    {"expired", SAYS("Its time was over before it could be delivered.", ""), "send a new notice if it still matters", false, false},
    {"greeting", SAYS("The mail server does not serve us at the moment.", ""), "", true, false},
    {"greylisted", SAYS("The server asks strangers to come back later.", " It is tried again."), "", true, false},
    {"interrupted", SAYS("The daemon ended while it was on its way: it may have arrived.", ""), "look at the server or gateway whether it arrived", true, false},
    {"invalid", SAYS("The line of the batch cannot be used.", ""), "correct the line and send it again", false, false},
    {"job", SAYS("The notice can no longer be read.", ""), "send the notice again", false, false},
    {"letter", SAYS("Its letter has a mistake, or is a draft, and is left out meanwhile.", " It goes by itself after the reload that brings it back."), "mend the letter until dispatcher check finds nothing", true, false},
    {"locale_fallback", SAYS("The letter is not written in the recipient's language; somebody must decide.", ""), "have the letter translated, or let it go as it is", true, false},
    {"lost_id", SAYS("The gateway took the message and did not say how it calls it: it may have arrived.", ""), "look at the gateway whether it arrived", true, false},
    {"mailbox", SAYS("The mailbox cannot be used at the moment.", " It is tried again."), "", true, false},
    {"mailbox_disabled", SAYS("The mailbox was closed or switched off.", " Ask the person for another address."), "remove the address from the list", false, true},
    {"mailbox_full", SAYS("The mailbox is full.", ""), "", true, false},
    {"malformed", SAYS("The composed message would have been unsafe to send.", " This is a fault of the program."), "report it: this is a fault of the program", false, false},
    {"missing", SAYS("The file of the notice is gone or damaged.", ""), "put the file of the notice back, or send it again", true, false},
    {"moved", SAYS("The receiver answered that it moved.", " Change the url in the configuration."), "change the url", true, false},
    {"no_report", SAYS("The attempt ended without saying what happened: it may have arrived.", ""), "look at the server or gateway whether it arrived", true, false},
    {"no_route", SAYS("The gateway knows no way from our sender to this number.", " Check its routes, or set another sender with senders."), "check the gateway's routes, or set another sender", true, false},
    {"no_service", SAYS("The gateway does not know the service.", " Check the variables of the transport."), "correct the variables of the transport", true, false},
    {"no_time", SAYS("Its turn did not come before the packet's deadline.", " It is tried again."), "", true, false},
    {"not_accepted", SAYS("The gateway answered without accepting the message.", ""), "look at the gateway whether it arrived", true, false},
    {"not_allowed", SAYS("The gateway's account is not allowed to do this.", " Check its rights."), "have the gateway's account allowed to do this", true, false},
    {"not_found", SAYS("The receiver has nothing at this url.", " Check the endpoint's url."), "correct the endpoint's url", true, false},
    {"not_whitelisted", SAYS("The gateway's trial account may only send to numbers on its own list.", ""), "add the number at the gateway, or leave its trial", true, false},
    {"odd_answer", SAYS("The answer was none this program understands.", ""), "look at the server with dispatcher transport test", true, false},
    {"operator", SAYS("An operator decided it.", ""), "ask whoever decided it: dispatcher actions", true, false},
    {"opted_out", SAYS("The person does not want any more messages on this channel.", ""), "do not write to the person on this channel", false, false},
    {"outbox", SAYS("The letter lies in the outbox folder; nothing was sent.", ""), "", false, false},
    {"overload", SAYS("The gateway has too much to do at the moment.", " It is tried again."), "", true, false},
    {"overloaded", SAYS("The receiver has too much to do at the moment.", " It is tried again."), "", true, false},
    {"poison", SAYS("Workers died of this message again and again; it is not tried any more.", ""), "look at it with dispatcher show ID, and report the crash", true, false},
    {"policy", SAYS("The server refuses the message by a rule of its own.", " Ask its operator, or ours, why."), "check SPF and DKIM, or ask the server's operator", true, false},
    {"prefix_denied", SAYS("The transport sends nothing to numbers of this country.", " See allow_prefixes and deny_prefixes."), "allow the country with allow_prefixes, or leave it so", true, false},
    {"protocol", SAYS("The server answered something that does not fit the protocol.", ""), "look at the server with dispatcher transport test", true, false},
    {"purged", SAYS("Its text was deleted when its keeping time was over.", ""), "send the notice again", false, false},
    {"rate", SAYS("It waits for its turn: the transport's rate is used up.", ""), "", true, false},
    {"rate_limited", SAYS("The server wants fewer messages in a time.", " Sending slows down and goes on."), "", true, false},
    {"recipient_refused", SAYS("The server refuses this recipient without saying why.", ""), "ask the server's operator why", true, false},
    {"refused", SAYS("The receiver refuses the message.", ""), "ask the receiver's operator why", true, false},
    {"relay_denied", SAYS("Our mail server does not pass on mail for us.", " Check login, port and its list of allowed clients."), "check login, port and the server's list of clients", true, false},
    {"render", SAYS("The letter could not be filled with the notice's facts.", ""), "correct the letter or the facts", true, false},
    {"routing", SAYS("The mail server knows no way to this domain, or the mail went in circles.", ""), "ask the mail server's operator", true, false},
    {"sender_host", SAYS("The receiving server objects to the name or reverse DNS of the sending server.", ""), "correct name and reverse DNS of the sending server", true, false},
    {"sender_not_ours", SAYS("The mail server does not let our login send as this sender.", " Allow organisation.from and organisation.bounce for it."), "allow the sender for our login", true, false},
    {"sender_refused", SAYS("The sender address is not accepted.", " Check organisation.from and organisation.bounce."), "correct organisation.from and organisation.bounce", true, false},
    {"sender_unverified", SAYS("SPF, DKIM or DMARC of our domain do not cover the sending server.", " Correct them in DNS."), "correct SPF, DKIM and DMARC in DNS", true, false},
    {"server", SAYS("The server has a problem of its own.", " It is tried again."), "", true, false},
    {"server_error", SAYS("The server failed.", " It is tried again."), "", true, false},
    {"server_full", SAYS("The server has no room left.", " It is tried again."), "", true, false},
    {"signature_used", SAYS("The gateway has seen this signature before.", " It is tried again with a new one."), "", true, false},
    {"spam_suspected", SAYS("The server takes the message for spam.", ""), "look at the letter, and check SPF and DKIM", true, false},
    {"timeout", SAYS("No answer came in time.", ""), "", true, false},
    {"tls", SAYS("No trusted encrypted connection could be made.", " Check ca_file, host and the certificate."), "check ca_file, host and the certificate", true, false},
    {"tls_required", SAYS("The server asks for encryption.", " Set tls: required at the transport."), "set tls: required at the transport", true, false},
    {"too_early", SAYS("The receiver wants the notice later.", " It is tried again."), "", true, false},
    {"too_large", SAYS("The message is larger than the server takes.", ""), "make the message smaller and send it again", false, false},
    {"transient", SAYS("The server refuses for the moment without saying why.", " It is tried again."), "", true, false},
    {"trial_mode", SAYS("Trial mode is on and the address is not on the list of allowed ones.", ""), "leave trial mode with dispatcher live on", true, false},
    {"unavailable", SAYS("The receiver is not available.", " It is tried again."), "", true, false},
    {"undelivered", SAYS("It was reported later that it did not arrive.", ""), "", true, false},
    {"unexpected_answer", SAYS("The gateway answered something its description does not know.", ""), "look at the gateway whether it arrived", true, false},
    {"unknown_endpoint", SAYS("The endpoint is not in the configuration.", " Put it back there under this name."), "put the endpoint back into the configuration", true, false},
    {"unreadable_answer", SAYS("The gateway answered with success, but its answer could not be read: it may have taken the message.", ""), "look at the gateway whether it arrived", true, false},
    {"window", SAYS("It waits for the hours in which messages may be sent.", ""), "", true, false},
    {"worker_crash", SAYS("The process that sent it died: it may have arrived.", ""), "look at the server or gateway whether it arrived", true, false},
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

const char *cause_meaning(const char *cause)
{
    const struct cause *found = find(cause);
    return found != NULL ? found->meaning : NULL;
}

const char *cause_cure(const char *cause)
{
    const struct cause *found = find(cause);
    return found != NULL ? found->cure : NULL;
}

bool cause_helps_retry(const char *cause)
{
    const struct cause *found = find(cause);
    return found == NULL || found->retry;
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
