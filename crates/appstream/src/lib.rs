//! Reads AppStream catalogs: metainfo XML, collection XML and DEP-11 YAML.
