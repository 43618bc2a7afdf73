"""Operations: whether the platform is well."""
