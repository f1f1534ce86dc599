# Lets the account that the host runs under append to the audit log and read it, and nothing else:
#   append-only.ps1 -File C:\ProgramData\Tenon\audit.jsonl -Account "NT SERVICE\tenon"
# Run it as an administrator, once the host has made the file. The hash chain is the guard that does
# not depend on this.
param(
  [Parameter(Mandatory = $true)][string] $File,
  [Parameter(Mandatory = $true)][string] $Account
)
$ErrorActionPreference = "Stop"
if (-not (Test-Path -LiteralPath $File -PathType Leaf)) { throw "${File}: no file" }

icacls $File /inheritance:r
icacls $File /grant:r "*S-1-5-32-544:(F)"
icacls $File /grant:r "${Account}:(AD,RD,RA,REA,RC,S)"
icacls $File /deny "${Account}:(WD,DE)"
icacls $File
