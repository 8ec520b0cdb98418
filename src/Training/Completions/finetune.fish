# Completion of finetune for fish. The program itself knows what can be written where the cursor is.
function __finetune_words
    set -l line (commandline --cut-at-cursor --current-process | string collect)
    set -l current (commandline --cut-at-cursor --current-token)
    # Options only after a dash: elsewhere, files are meant. Windows' /? and /h are not offered.
    for candidate in (finetune "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
        string match --quiet --regex -- '^/[?h]$' $candidate; and continue
        if string match --quiet -- '-*' "$current"; or not string match --quiet -- '-*' $candidate
            echo $candidate
        end
    end
end

complete --command finetune --arguments '(__finetune_words)'
