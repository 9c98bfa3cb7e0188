/* The command table; everything else is below. */
#include "base/attributes.h"
#include "operator/command_list.h"

static const struct command *const commands[] = {
    &command_run,
    &command_enqueue,
    &command_queue,
    &command_show,
    &command_retry,
    &command_batches,
    &command_watch,
    &command_pause,
    &command_resume,
    &command_status,
    &command_reconcile,
    &command_actions,
    &command_purge,
    &command_check,
    &command_facts_check,
    &command_facts_diff,
    &command_facts_show,
    &command_facts_terms,
    &command_preview,
    &command_render,
    &command_sms_length,
    &command_gateway_list,
    &command_gateway_test,
    &command_gateway_estimate,
    &command_gateway_url,
    &command_new,
    &command_golden_write,
    &command_translate_export,
    &command_translate_import,
    &command_translate_status,
    &command_config_show,
    &command_version,
};

int main(int argc, char **argv)
{
    return command_main(commands, COUNT_OF(commands), argc, argv);
}
