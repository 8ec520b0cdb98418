# Completion of finetune for PowerShell. The program itself knows what can be written where the cursor is.
Register-ArgumentCompleter -Native -CommandName finetune -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $position = $cursorPosition - $commandAst.Extent.StartOffset
    # The text ends before a space at the end.
    $line = $commandAst.Extent.Text.PadRight($position)
    # Options only after a dash: elsewhere, files are meant. Windows' /? and /h are not offered.
    & finetune "[suggest:$position]" $line 2>$null |
        Where-Object { $_ -notmatch '^/[?h]$' -and $_.StartsWith($wordToComplete, 'OrdinalIgnoreCase') -and ($wordToComplete.StartsWith('-') -or -not $_.StartsWith('-')) } |
        ForEach-Object {
            $text = if ($_ -match '\s') { "'" + $_.Replace("'", "''") + "'" } else { $_ }
            [System.Management.Automation.CompletionResult]::new($text, $_, 'ParameterValue', $_)
        }
}
