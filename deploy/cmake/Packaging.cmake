# What is installed, and what CPack makes of it: a tarball and a .deb. `deploy/package` runs it all.
# The binary alone is installed: nobody has to build the tests for that.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY TRUE)

set(documents share/doc/driftwarden)
install(TARGETS driftwarden RUNTIME DESTINATION bin COMPONENT driftwarden)
install(FILES deploy/systemd/driftwarden.service DESTINATION lib/systemd/system COMPONENT driftwarden)
install(FILES README.md deploy/RUNBOOK.md deploy/rbac.yaml deploy/slack-manifest.yaml DESTINATION ${documents} COMPONENT driftwarden)
install(FILES THREATS.md DESTINATION ${documents} COMPONENT driftwarden OPTIONAL)
install(FILES LICENSE DESTINATION ${documents} RENAME copyright COMPONENT driftwarden)
install(DIRECTORY deploy/examples DESTINATION ${documents} COMPONENT driftwarden)
# Written by deploy/package beforehand.
install(FILES ${CMAKE_BINARY_DIR}/sbom.spdx.json DESTINATION ${documents} COMPONENT driftwarden OPTIONAL)

set(CPACK_GENERATOR TGZ DEB)
set(CPACK_PACKAGE_NAME driftwarden)
set(CPACK_PACKAGE_VENDOR driftwarden)
set(CPACK_PACKAGE_CONTACT "Driftwarden maintainers <maintainers@driftwarden.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "ChatOps bot for GitOps")
set(CPACK_PACKAGE_DESCRIPTION "Watches clusters for drift against Git, tells of it in Slack, and turns commands into reviewed commits.")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_COMPONENTS_ALL driftwarden)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CHECKSUM SHA256)

set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, tzdata")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "openssh-client, git")
# No conffile: /etc/driftwarden is the administrator's, and no package writes there.
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/deploy/debian/postinst ${CMAKE_SOURCE_DIR}/deploy/debian/prerm ${CMAKE_SOURCE_DIR}/deploy/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_OUTPUT_FILE_PREFIX ${CMAKE_BINARY_DIR}/packages)
include(CPack)
