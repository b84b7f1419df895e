"""What students answer: questions, votes, roll calls. One mechanism (`running`), a module for each type
(`types`)."""
