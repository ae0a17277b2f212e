; The installer for Windows: for one person, no administrator needed. Built by `cargo xtask samples`, which defines
; PROGRAM, ISSUER (where none is compiled in), VERSION, LICENSE_FILE and OUT.
Target amd64-unicode
Name "Contact Sheet"
OutFile "${OUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\Contact Sheet"
InstallDirRegKey HKCU "Software\Contact Sheet" "InstallDir"
SetCompressor /SOLID lzma
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\ContactSheet"

LicenseData "${LICENSE_FILE}"
Page license
Page directory
Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

Section
  SetOutPath "$INSTDIR"
  File "/oname=contact-sheet.exe" "${PROGRAM}"
!ifdef ISSUER
  File "/oname=contact-sheet.issuer" "${ISSUER}"
!endif
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\Contact Sheet.lnk" "$INSTDIR\contact-sheet.exe"
  WriteRegStr HKCU "Software\Contact Sheet" "InstallDir" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Contact Sheet"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "Example Studio"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
SectionEnd

Section "Uninstall"
  Delete "$INSTDIR\contact-sheet.exe"
  Delete "$INSTDIR\contact-sheet.issuer"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Contact Sheet.lnk"
  DeleteRegKey HKCU "${UNINSTALL}"
  DeleteRegKey HKCU "Software\Contact Sheet"
SectionEnd
