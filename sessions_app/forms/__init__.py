"""Forms: validation of submitted values. Rules of the domain are in operations."""
