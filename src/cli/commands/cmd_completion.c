/* completion: the scripts that a shell sources; they ask '__complete' for what to offer. */

#include <string.h>

#include "cli/app.h"
#include "cli/complete.h"

static const char bash_script[] =
    "# bash completion for quorate\n"
    "_quorate() {\n"
    "    local line more='' word last='' words=() cur=${COMP_WORDS[COMP_CWORD]}\n"
    "    [[ $cur != '=' ]] || cur=''\n"
    "    # readline splits at colons; to us a name with one is one word.\n"
    "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD}\"; do\n"
    "        if [[ ${#words[@]} -gt 0 && ( $word == : || $last == : ) ]]; then\n"
    "            words[-1]+=$word\n"
    "        else\n"
    "            words+=(\"$word\")\n"
    "        fi\n"
    "        last=$word\n"
    "    done\n"
    "    COMPREPLY=()\n"
    "    while IFS= read -r line; do\n"
    "        case $line in\n"
    "            :*) more=${line#:} ;;\n"
    "            *) COMPREPLY+=(\"${line%%$'\\t'*}\") ;;\n"
    "        esac\n"
    "    done < <(\"${COMP_WORDS[0]}\" __complete -- \"${words[@]}\" 2>/dev/null)\n"
    "    case $more in\n"
    "        file) compopt -o filenames; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f "
    "-- "
    "\"$cur\") ;;\n"
    "        dir) compopt -o filenames; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "
    "\"$cur\") ;;\n"
    "    esac\n"
    "    # It also replaces only what stands behind the colon.\n"
    "    word=${words[-1]-}\n"
    "    if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then\n"
    "        COMPREPLY=(\"${COMPREPLY[@]#\"${word%\"${word##*:}\"}\"}\")\n"
    "    fi\n"
    "}\n"
    "complete -F _quorate quorate\n";

static const char zsh_script[] =
    "#compdef quorate\n"
    "_quorate() {\n"
    "    local line more=list\n"
    "    local -a offers\n"
    "    while IFS= read -r line; do\n"
    "        case $line in\n"
    "            :*) more=${line#:} ;;\n"
    "            *) offers+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\") ;;\n"
    "        esac\n"
    "    done < <(\"${words[1]}\" __complete -- \"${(@)words[2,CURRENT]}\" 2>/dev/null)\n"
    "    (( ${#offers} )) && _describe 'quorate' offers\n"
    "    case $more in\n"
    "        file) _files ;;\n"
    "        dir) _files -/ ;;\n"
    "    esac\n"
    "}\n"
    "if [ \"$funcstack[1]\" = _quorate ]; then\n"
    "    _quorate \"$@\"\n"
    "else\n"
    "    compdef _quorate quorate\n"
    "fi\n";

static const char fish_script[] =
    "# fish completion for quorate\n"
    "function __quorate_complete\n"
    "    set -l words (commandline -opc)\n"
    "    set -l cur (commandline -ct)\n"
    "    for line in ($words[1] __complete -- $words[2..] \"$cur\" 2>/dev/null)\n"
    "        switch $line\n"
    "            case :file\n"
    "                __fish_complete_path \"$cur\"\n"
    "            case :dir\n"
    "                __fish_complete_directories \"$cur\"\n"
    "            case ':*'\n"
    "            case '*'\n"
    "                echo $line\n"
    "        end\n"
    "    end\n"
    "end\n"
    "complete -c quorate -f -a '(__quorate_complete)'\n";

static const char powershell_script[] =
    "# powershell completion for quorate\n"
    "Register-ArgumentCompleter -Native -CommandName quorate -ScriptBlock {\n"
    "    param($word, $ast, $position)\n"
    "    $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { \"$_\" })\n"
    "    if ($word -eq '') { $words += '' }\n"
    "    & quorate __complete '--' @words 2>$null | Where-Object { $_ -notlike ':*' } |\n"
    "        ForEach-Object {\n"
    "            $offer, $help = $_ -split \"`t\", 2\n"
    "            if (-not $help) { $help = $offer }\n"
    "            [System.Management.Automation.CompletionResult]::new($offer, $offer,\n"
    "                'ParameterValue', $help)\n"
    "        }\n"
    "}\n";

const char *
completion_script(const char *shell)
{
    if (strcmp(shell, "bash") == 0)
        return bash_script;
    if (strcmp(shell, "zsh") == 0)
        return zsh_script;
    if (strcmp(shell, "fish") == 0)
        return fish_script;
    return strcmp(shell, "powershell") == 0 ? powershell_script : NULL;
}

static void
append_replacing(struct buf *out, const char *text, const char *from, const char *to)
{
    const char *at;

    while ((at = strstr(text, from)) != NULL) {
        buf_append(out, text, (size_t)(at - text));
        buf_append_text(out, to);
        text = at + strlen(from);
    }
    buf_append_text(out, text);
}

static bool
completion_run(struct app *app, struct error *e)
{
    const char *shell = app_operand(app, 0);
    const char *script = completion_script(shell);
    AUTO_BUF words_only = BUF_INIT;

    if (script == NULL) {
        error_set_(e, ERROR_USAGE, 0, "there is no completion for '%s'", shell);
        return error_hint(e, "there is for bash, zsh, fish and powershell");
    }
    if (option_bool(&app->options, "no-descriptions")) {
        append_replacing(&words_only, script, " __complete ", " __complete --no-descriptions ");
        script = buf_text(&words_only);
    }
    append_replacing(&app->out, script, "quorate", app->tool->name);
    return true;
}

/* Lines up to their tabs. */
static void
append_words(struct buf *out, const char *lines)
{
    while (*lines != '\0') {
        size_t size = strcspn(lines, "\n");

        buf_append(out, lines, strcspn(lines, "\t\n"));
        buf_append_byte(out, '\n');
        lines += size + (lines[size] != '\0');
    }
}

static bool
complete_run(struct app *app, UNUSED struct error *e)
{
    AUTO_BUF lines = BUF_INIT;

    complete_append(app->mem, app->tool, app->operands, app->operand_count, &lines);
    if (option_bool(&app->options, "no-descriptions"))
        append_words(&app->out, buf_text(&lines));
    else
        buf_append_bytes(&app->out, buf_bytes(&lines));
    return true;
}

static const struct option_def completion_options[] = {
    {"no-descriptions", OPTION_BOOL, .help = "Offer the words without what they mean"},
    OPTIONS_END,
};

const struct command command_completion = {
    .name = "completion",
    .operands = "SHELL",
    .summary = "Print a script that makes a shell complete quorate's words",
    .family = FAMILY_TOOL,
    .options = completion_options,
    .tools = IN_QUORATE | IN_ETCDCTL | IN_ETCDUTL,
    .run = completion_run,
    .example = "source <(quorate completion bash)",
    .description =
        "SHELL is bash, zsh, fish or powershell. What is offered comes from the program itself, so "
        "the script stays right when quorate is updated.",
};

const struct command command_complete = {
    .name = "__complete",
    .operands = "[WORD...]",
    .summary = "Print what could stand in place of the last word",
    .family = FAMILY_TOOL,
    .tools = IN_QUORATE | IN_ETCDCTL | IN_ETCDUTL | IN_ETCDCTL_V2,
    .options = completion_options,
    .run = complete_run,
    .hidden = true,
};
